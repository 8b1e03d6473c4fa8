import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedServices, startEmbeddedServices } from '../services/services.js'
import { keepEvidence } from './evidence.js'
import { judge, type Proof } from './judge.js'
import type { Scenario } from './scenario.js'
import { openTrial, type StartTrialCommand, type Trial } from './trial.js'

export interface RunOptions {
  readonly seed: number
  /** Servers for scenarios that do not harm them. */
  readonly sharedServices: () => Promise<EmbeddedServices>
  /** How commands are started, if not as processes of this machine; their files are below the directory. */
  readonly startCommand?: StartTrialCommand
  /** Where the evidence of a failed run is left. */
  readonly evidenceDirectory: string
  readonly onTell: (line: string) => void
}

export type Verdict =
  | { readonly passed: true; readonly seconds: number; readonly proof: Proof }
  | {
      readonly passed: false
      readonly seconds: number
      readonly error: Error
      readonly evidence: string
    }

/** Runs one scenario from nothing to its proof, and leaves nothing but the evidence of a failure. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Verdict> {
  const { seed, evidenceDirectory, onTell } = options
  const beganMs = performance.now()
  const seconds = () => (performance.now() - beganMs) / 1000
  const directory = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  const own = scenario.ownServers
  const services =
    own === undefined || options.startCommand !== undefined
      ? await options.sharedServices()
      : await startEmbeddedServices({
          ...(own.postgres && { postgresSettings: { ...own.postgres } }),
          ...(own.redis && { redisSettings: { ...own.redis } }),
        })
  const timeline: string[] = []
  const { trial, close } = await openTrial({
    name: scenario.name,
    seed,
    directory,
    services,
    ...(scenario.launcher && { launcher: scenario.launcher }),
    ...(options.startCommand && { startCommand: options.startCommand }),
    onTell(line) {
      timeline.push(line)
      onTell(line)
    },
  })
  try {
    const migrated = await trial.sluice(['migrate'])
    if (migrated.code !== 0) throw new Error(`sluice migrate: ${migrated.stderr}`)
    const proof = await judge(trial, await scenario.run(trial))
    await stopOrderly(trial)
    return { passed: true, seconds: seconds(), proof }
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    const evidence = join(evidenceDirectory, `${scenario.name}-${randomBytes(3).toString('hex')}`)
    await mkdir(evidence, { recursive: true })
    const { name, title } = scenario
    const again = `npm run faults -- ${name} --seed ${seed}`
    await keepEvidence(evidence, { name, title, again, trial, timeline, error })
    return { passed: false, seconds: seconds(), error, evidence }
  } finally {
    await close()
    if (own !== undefined && options.startCommand === undefined) await services.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** What still runs drains when it is told to, whatever it went through. */
async function stopOrderly({ processes }: Trial): Promise<void> {
  await Promise.all(
    processes
      .filter((one) => one.exit() === undefined)
      .map(async (one) => {
        const exit = await one.kill('SIGTERM', { timeoutMs: 30_000 })
        if (exit.code !== 0)
          throw new Error(`${one.what} ended with ${exit.code ?? exit.signal}: ${exit.stderr}`)
      }),
  )
}
