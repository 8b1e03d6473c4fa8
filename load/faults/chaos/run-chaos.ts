import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKeeper } from '../../services/keeper.js'
import { type EmbeddedServices, startEmbeddedServices } from '../../services/services.js'
import { keepEvidence } from '../evidence.js'
import { openTrial } from '../trial.js'
import { describeAction, nameOfPlace } from './actions.js'
import { causeChaos, chaosEnvironment } from './cause-chaos.js'
import { Fleet } from './fleet.js'
import { createHistory } from './history.js'
import { judgeChaos, type Verdict } from './judge-chaos.js'
import { openNetwork } from './network.js'
import { planChaos } from './plan.js'

export interface ChaosOptions {
  readonly seed: number
  readonly seconds: number
  readonly evidenceDirectory: string
  readonly print: (line: string) => void
}

/** What would be done, without doing it. */
export function printPlan(seed: number, seconds: number, print: (line: string) => void): void {
  const plan = planChaos(seed, seconds * 1000)
  print(`seed ${seed}, ${seconds} s, beginning with ${plan.places.map(nameOfPlace).join(', ')}`)
  for (const { atMs, action } of plan.actions) {
    print(`${(atMs / 1000).toFixed(2).padStart(7)} s  ${describeAction(action)}`)
  }
}

/**
 * Faults at random under load, then everything is healed, and judged. The same seed gives the same plan; what the
 * processes make of it depends on the machine and is never twice the same. True: passed.
 */
export async function runChaos(options: ChaosOptions): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-chaos-'))
  // Removes it, also when this process is interrupted.
  const keeper = startKeeper(directory)
  try {
    const services = await startEmbeddedServices()
    try {
      return await runWith(services, directory, options)
    } finally {
      await services.stop()
    }
  } finally {
    keeper.end()
  }
}

async function runWith(
  services: EmbeddedServices,
  directory: string,
  { seed, seconds, evidenceDirectory, print }: ChaosOptions,
): Promise<boolean> {
  const name = `chaos-${seconds}-seed-${seed}`
  const plan = planChaos(seed, seconds * 1000)
  const again = `npm run faults -- --chaos ${seconds} --seed ${seed}`
  print(`${name}: ${plan.actions.length} actions; the plan follows from the seed, the interleaving does not`)
  const history = createHistory(print)
  const { trial, close } = await openTrial({
    name,
    seed,
    directory,
    services,
    // The clock of this history is the plan's.
    onTell: () => undefined,
  })
  const network = await openNetwork(trial.databaseUrl, services.redisUrl)
  const env = chaosEnvironment(plan)
  const fleet = new Fleet({
    start: (role, more) =>
      trial.start(['run', '--role', role, ...(role === 'reader' ? [trial.logs] : [])], {
        ...env,
        ...network.environmentOf(role),
        ...more,
      }),
    tell: history.tell,
  })
  const keep = join(evidenceDirectory, name)
  try {
    const verdict = await attempt()
    for (const line of verdict.lines) history.tell(line)
    await leaveBehind(verdict)
    print(`\n${verdict.passed ? 'passed' : 'FAILED'}; the timeline is in ${keep}`)
    if (!verdict.passed) print(`again, as far as the machine allows: ${again}`)
    return verdict.passed
  } finally {
    fleet.close()
    await close()
    await network.close()
  }

  async function attempt(): Promise<Verdict> {
    try {
      const outcome = await causeChaos({ plan, trial, network, fleet, history, scratch: directory })
      return await judgeChaos(outcome, trial, fleet, history)
    } catch (cause) {
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
      return { passed: false, lines: [`the run itself failed: ${message}`] }
    }
  }

  async function leaveBehind({ passed, lines }: Verdict): Promise<void> {
    await rm(keep, { recursive: true, force: true })
    await mkdir(keep, { recursive: true })
    await writeFile(join(keep, 'timeline.txt'), `${history.timeline.join('\n')}\n`)
    if (passed) return
    await writeFile(
      join(keep, 'history.json'),
      `${JSON.stringify({ plan, events: history.events }, null, 2)}\n`,
    )
    const error = new Error(lines.join('\n'))
    const title = `faults at random for ${seconds} s`
    await keepEvidence(keep, { name, title, again, trial, timeline: history.timeline, error })
  }
}
