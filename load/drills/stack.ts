import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { findCompose } from '../faults/compose/docker.js'
import { PrometheusApi } from '../monitoring/prometheus-api.js'
import { formatCommand } from './shell-command.js'

const run = promisify(execFile)

/** The stack of docker-compose.yml that runs on this machine. */
export interface Stack {
  readonly prometheus: PrometheusApi
  /** Runs `docker compose` as one would in the checkout, shows the command, and returns what it prints. */
  compose(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  /** The same without showing it. */
  ask(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  /** The same for a command of redis-cli. */
  redis(...command: readonly string[]): Promise<string>
}

/** Throws when Docker or the stack does not run. `show` gets each command before it is run. */
export async function openStack(show: (command: string) => void): Promise<Stack> {
  const [program, ...first] = await findCompose()
  const ask: Stack['ask'] = async (args, env = {}) => {
    const { stdout } = await run(program, [...first, ...args], {
      // There it finds docker-compose.yml, what overrides it, and .env.
      cwd: findPackageRoot(),
      env: { ...process.env, ...env },
      maxBuffer: 64 << 20,
    })
    return stdout.trim()
  }
  const address = await ask(['port', 'prometheus', '9090']).catch(() => '')
  if (!/:[1-9]\d*$/.test(address)) {
    throw new Error('the stack does not run; start it with: docker compose up --build --detach')
  }
  const compose: Stack['compose'] = (args, env = {}) => {
    show(formatCommand([program, ...first, ...args], env))
    return ask(args, env)
  }
  return {
    prometheus: new PrometheusApi(`http://${address}`),
    ask,
    compose,
    redis(...command) {
      const authorized = 'REDISCLI_AUTH="$(cat /run/redis-secrets/password)" redis-cli "$@"'
      return compose(['exec', '-T', 'redis', 'sh', '-c', authorized, 'redis-cli', ...command])
    },
  }
}

/** Lines a second that the generator was started with. */
export async function readLoad(stack: Stack): Promise<number> {
  return Number(await stack.ask(['exec', '-T', 'generator', 'printenv', 'GENERATOR_LINES_PER_SECOND']))
}

/** Starts the generator, or starts it again with other settings than those of .env. */
export async function startLoad(
  stack: Stack,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  await stack.compose(['up', '--detach', '--no-deps', 'generator'], settings)
}
