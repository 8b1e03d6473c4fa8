import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKeeper } from '../services/keeper.js'
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
  const beganMs = performance.now()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  // Removes it, also when this process is interrupted.
  const keeper = startKeeper(directory)
  try {
    const { services, giveBack } = await takeServers(scenario, options)
    try {
      const seconds = () => (performance.now() - beganMs) / 1000
      return await tryScenario(scenario, options, { directory, services, seconds })
    } finally {
      await giveBack()
    }
  } finally {
    keeper.end()
  }
}

/** Its own where it harms them; there are no others than those of the compose stack for commands in containers. */
async function takeServers(
  { ownServers: own }: Scenario,
  { sharedServices, startCommand }: RunOptions,
): Promise<{ services: EmbeddedServices; giveBack: () => Promise<void> }> {
  if (own !== undefined && startCommand === undefined) {
    const services = await startEmbeddedServices({
      ...(own.postgres && { postgresSettings: { ...own.postgres } }),
      ...(own.redis && { redisSettings: { ...own.redis } }),
    })
    return { services, giveBack: services.stop }
  }
  const services = await sharedServices()
  return {
    services,
    async giveBack() {
      if (own === undefined) return
      // Whatever was done to them, the next scenario needs them.
      await services.postgres.start()
      await services.redis.start()
    },
  }
}

interface Surroundings {
  readonly directory: string
  readonly services: EmbeddedServices
  /** Since the run began. */
  readonly seconds: () => number
}

async function tryScenario(
  scenario: Scenario,
  { seed, evidenceDirectory, onTell, startCommand }: RunOptions,
  { directory, services, seconds }: Surroundings,
): Promise<Verdict> {
  const timeline: string[] = []
  const { trial, close } = await openTrial({
    name: scenario.name,
    seed,
    directory,
    services,
    ...(scenario.launcher && { launcher: scenario.launcher }),
    ...(startCommand && { startCommand }),
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
  }
}

/**
 * What still runs drains when it is told to, whatever it went through; and nobody ended by himself: another one of the
 * role may have done his work.
 */
async function stopOrderly({ roles }: Trial): Promise<void> {
  await Promise.all(
    roles.map(async (one) => {
      const exit = one.exit() ?? (await one.kill('SIGTERM', { timeoutMs: 30_000 }))
      // -9 is what scenarios and failpoints end processes with.
      if (exit.code !== 0 && exit.signal !== 'SIGKILL')
        throw new Error(`${one.what} ended with ${exit.code ?? exit.signal}: ${exit.stderr}`)
    }),
  )
}
