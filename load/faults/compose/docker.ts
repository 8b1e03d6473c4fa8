import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPackageRoot } from '../../../src/settings/package-root.js'

const run = promisify(execFile)
const checkout = findPackageRoot()

/** Of its own, so that nothing which already runs from this checkout is touched. */
export const project = 'sluice-faults'

/** Runs `docker` and returns what it prints. Throws with what it complains about. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 64 << 20 })).stdout.trim()
}

/** The same, over before anything else happens: a signal that is sent is sent. */
export function dockerNow(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

/** Runs compose on the project's own stack, with its servers' ports published. */
export async function compose(env: Readonly<Record<string, string>>, ...args: string[]): Promise<void> {
  const files = ['docker-compose.yml', 'load/faults/compose/servers.yml']
  const [program, ...first] = await findCompose()
  const options = ['--project-name', project, ...files.flatMap((file) => ['--file', join(checkout, file)])]
  await run(program, [...first, ...options, ...args], {
    cwd: checkout,
    env: { ...process.env, ...env },
    maxBuffer: 64 << 20,
  })
}

/** The plugin of docker, or the program that came before it. */
export async function findCompose(): Promise<[string, ...string[]]> {
  const candidates: [string, ...string[]][] = [['docker', 'compose'], ['docker-compose']]
  for (const [program, ...first] of candidates) {
    try {
      await run(program, [...first, 'version'])
      return [program, ...first]
    } catch {
      // The other one, then.
    }
  }
  throw new Error('neither `docker compose` nor `docker-compose` is there, or Docker does not run')
}
