import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../../src/settings/declaration.js'
import { loadSettings } from '../../../src/settings/load-settings.js'
import type { Oracle } from '../../generate/oracle.js'
import { SHORT_WAITS } from '../../installation/installation.js'
import type { Trial } from '../trial.js'
import type { Fleet } from './fleet.js'
import type { History } from './history.js'
import type { Network } from './network.js'
import { perform, type Targets } from './perform.js'
import type { ChaosPlan } from './plan.js'

export interface ChaosOptions {
  readonly plan: ChaosPlan
  readonly trial: Trial
  readonly network: Network
  readonly fleet: Fleet
  readonly history: History
  /** A directory on the file system of the logs. */
  readonly scratch: string
}

/** What is to be judged: everything runs and is whole again. */
export interface ChaosOutcome {
  readonly oracle: Oracle
  readonly settings: Settings
}

export const linesPerSecond = 3000
/** Rotation every four seconds, and a new file every twelve. */
const rotateLines = 4 * linesPerSecond
const linesOfAFile = 3 * rotateLines
const reportEveryMs = 2000

/**
 * Waits that fit to faults that last for seconds. The deliveries after which a batch counts as poison are as many as
 * there are actions, since each of them can cost a batch one, and none of them is the batch's fault.
 */
export function chaosEnvironment({ actions }: ChaosPlan): NodeJS.ProcessEnv {
  return {
    SLUICE_REDIS_COMMAND_TIMEOUT_MS: '2000',
    SLUICE_POSTGRES_STATEMENT_TIMEOUT_MS: '5000',
    SLUICE_POSTGRES_LOCK_TIMEOUT_MS: '2000',
    // Above the longest stop of the program that writes the files: this one, on a busy machine.
    SLUICE_READER_PARTIAL_LINE_MS: '5000',
    SLUICE_PARSER_MAX_DELIVERIES: String(Math.max(5, Math.min(actions.length, 1000))),
  }
}

/** Starts everything, does what is planned while files grow, and heals. */
export async function causeChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { plan, trial, network, fleet, history, scratch } = options
  const settings = loadSettings({ env: { ...SHORT_WAITS, ...chaosEnvironment(plan) } })
  const migrated = await trial.sluice(['migrate'])
  if (migrated.code !== 0) throw new Error(`sluice migrate: ${migrated.stderr}`)
  await mkdir(trial.logs)
  const first = plan.places.map((place) => fleet.start(place))
  await Promise.all(first.map((started) => started.waitForLine(/"httpPort":(\d+)/)))

  const lines = Math.ceil((plan.durationMs / 1000) * linesPerSecond)
  const beganWritingMs = performance.now()
  const writing = trial.keepWriting({
    lines,
    linesPerSecond,
    files: Math.max(1, Math.ceil(lines / linesOfAFile)),
    rotation: 'rename',
    rotateLines,
  })
  writing.catch(() => undefined)
  await trial.waitForLines(linesPerSecond)
  history.restartClock()
  const beganMs = performance.now()
  history.tell(`lines arrive; ${linesPerSecond} lines a second, and faults for ${plan.durationMs / 1000} s`)
  const reporting = setInterval(() => {
    const written = Math.min(
      lines,
      Math.floor(((performance.now() - beganWritingMs) * linesPerSecond) / 1000),
    )
    void report(trial, written).then(history.tell)
  }, reportEveryMs)
  try {
    const targets: Targets = { trial, fleet, network, scratch, tell: history.tell }
    await performAll(plan, targets, beganMs)
    const oracle = await writing
    fleet.heal(plan.places)
    history.tell('everything is healed')
    return { oracle, settings }
  } finally {
    clearInterval(reporting)
  }
}

/** Returns when the time is over and everything that lasts has been taken back. */
async function performAll(plan: ChaosPlan, targets: Targets, beganMs: number): Promise<void> {
  const healing = new AbortController()
  const until = (ms: number) => sleep(Math.max(0, beganMs + ms - performance.now()))
  const performing: Promise<void>[] = []
  for (const { atMs, action } of plan.actions) {
    await until(atMs)
    performing.push(
      perform(action, targets, healing.signal).catch((error: unknown) => {
        // Two things at a time can be in each other's way: a lock that a crash takes away, say.
        const message = error instanceof Error ? error.message : String(error)
        targets.tell(`(${action.kind} did not go as planned: ${message})`)
      }),
    )
  }
  await until(plan.durationMs)
  targets.tell('the time is over: healing')
  healing.abort()
  await Promise.all(performing)
}

async function report(trial: Trial, written: number): Promise<string> {
  try {
    const [row] = await trial.query<{ recorded: number; committed: number }>(
      `SELECT (SELECT coalesce(sum(lines), 0) FROM sluice.chunks)::int AS recorded,
              (SELECT coalesce(sum(lines), 0) FROM sluice.batches)::int AS committed`,
    )
    const { recorded = 0, committed = 0 } = row ?? {}
    return `  ${written} lines written, ${recorded} recorded, ${committed} committed, ${recorded - committed} in flight`
  } catch {
    return `  ${written} lines written; PostgreSQL does not answer`
  }
}
