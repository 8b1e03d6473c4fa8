import { streamedTypes } from '../../installation/streamed-types.js'
import { pollUntil } from '../../test/poll-until.js'
import { areStreamsEmpty, prove, runReconcile } from '../judge.js'
import type { Trial } from '../trial.js'
import { type ChaosOutcome, linesPerSecond } from './cause-chaos.js'
import { boundDrain } from './drain-bound.js'
import type { Fleet } from './fleet.js'
import type { History } from './history.js'

export interface Verdict {
  readonly passed: boolean
  /** One for each thing that was judged. */
  readonly lines: readonly string[]
}

/** Questions that have nothing to do with each other: did it arrive, is it right, is nothing left over, did all behave. */
export async function judgeChaos(
  outcome: ChaosOutcome,
  trial: Trial,
  fleet: Fleet,
  history: History,
): Promise<Verdict> {
  const liveness = await judgeLiveness(outcome, trial, history)
  const safety = liveness.arrived ? await judgeSafety(outcome, trial) : await judgeWhatArrived(trial)
  const streams = await judgeStreams(trial, liveness.arrived)
  const indexes = await judgeIndexes(trial)
  await fleet.end()
  const behaved = fleet.complaints.length === 0
  return {
    passed: liveness.passed && safety.passed && streams.passed && indexes.passed && behaved,
    lines: [
      liveness.line,
      safety.line,
      streams.line,
      indexes.line,
      behaved
        ? 'processes: none ended but those that were killed, and all drained in the end'
        : `processes: FAILED: ${fleet.complaints.join('; ')}`,
    ],
  }
}

interface Judgement {
  readonly passed: boolean
  readonly line: string
}

function failed(what: string, error: unknown): Judgement {
  const message = error instanceof Error ? error.message : String(error)
  return { passed: false, line: `${what}: FAILED: ${message}`.slice(0, 4000) }
}

async function judgeSafety({ oracle }: ChaosOutcome, trial: Trial): Promise<Judgement> {
  try {
    const { lines, rows, deadLettered } = await prove(trial, { oracle })
    const sum = `${lines} lines = ${rows} rows + ${deadLettered} dead letters`
    return { passed: true, line: `safety: ${sum}, all as they were generated` }
  } catch (error) {
    return failed('safety', error)
  }
}

/** That lines are missing was said; whether those which are there are there once is still a question. */
async function judgeWhatArrived(trial: Trial): Promise<Judgement> {
  try {
    const { result, stdout, stderr } = await runReconcile(trial)
    const { balanced, inFlight } = result
    if (!balanced) throw new Error(`${stdout}${stderr}`)
    return { passed: true, line: `safety: what has arrived adds up; ${inFlight} lines are in flight` }
  } catch (error) {
    return failed('safety', error)
  }
}

/** Bytes that are counted and not there would make the reader pause too early, and in the end for ever. */
async function judgeStreams(trial: Trial, arrived: boolean): Promise<Judgement> {
  const { redis, key } = trial
  if (!(await areStreamsEmpty(trial))) {
    if (arrived) return { passed: false, line: 'streams: FAILED: they were empty, and are not any more' }
    return { passed: true, line: 'streams: not empty, so not judged' }
  }
  const left: string[] = []
  for (const logType of streamedTypes) {
    const bytes = Number((await redis.get(key(logType, 'bytes'))) ?? 0)
    if (bytes !== 0) left.push(`${bytes} bytes of ${logType}`)
  }
  if (left.length === 0) return { passed: true, line: 'streams: empty, and no bytes counted in them' }
  return { passed: false, line: `streams: FAILED: they are empty, and yet there are ${left.join(', ')}` }
}

/** Longest pause of an index builder between two looks, two attempts after a failure, and a build. */
const indexesWithinMs = 90_000

async function judgeIndexes(trial: Trial): Promise<Judgement> {
  const beganMs = performance.now()
  try {
    await pollUntil(
      'every partition has its indexes',
      async () => {
        const { stdout } = await trial.sluice(['status', '--json'])
        const { indexes } = JSON.parse(stdout) as { indexes: { unindexed: { partitions: number }[] } }
        return indexes.unindexed.every(({ partitions }) => partitions === 0)
      },
      { timeoutMs: indexesWithinMs, intervalMs: 500 },
    )
  } catch (error) {
    return failed('indexes', error)
  }
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  return { passed: true, line: `indexes: every partition had its own ${seconds} s after the proof` }
}

async function judgeLiveness(
  { oracle, settings }: ChaosOutcome,
  trial: Trial,
  history: History,
): Promise<Judgement & { readonly arrived: boolean }> {
  const beganMs = performance.now()
  const { lines } = oracle.totals
  const [row] = await trial.query<{ most: number }>(
    'SELECT coalesce(max(publishings_again), 0)::int AS most FROM sluice.chunks WHERE completed_at IS NULL',
  )
  const linesLeft = lines - (await trial.committedLines())
  const parts = boundDrain(settings, { linesLeft, mostPublishingsAgain: row?.most ?? 0 }, linesPerSecond)
  const boundMs = parts.reduce((sum, { ms }) => sum + ms, 0)
  history.tell(`${linesLeft} lines left; they have to arrive within ${(boundMs / 1000).toFixed(0)} s:`)
  for (const { why, ms } of parts) history.tell(`  ${(ms / 1000).toFixed(1).padStart(5)} s  ${why}`)
  const hasDrained = async () => (await trial.committedLines()) >= lines && (await areStreamsEmpty(trial))
  try {
    // Beyond the bound as well: whether what comes late is right is a question of its own.
    await pollUntil('everything has arrived', hasDrained, { timeoutMs: 2 * boundMs })
  } catch {
    const missing = lines - (await trial.committedLines())
    const line = `liveness: FAILED: ${missing} lines had not arrived after twice the bound`
    return { passed: false, arrived: false, line }
  }
  const tookMs = performance.now() - beganMs
  const took = `${(tookMs / 1000).toFixed(1)} s after healing, of ${(boundMs / 1000).toFixed(0)} s at most`
  const passed = tookMs <= boundMs
  return {
    passed,
    arrived: true,
    line: `liveness: ${passed ? '' : 'FAILED: '}everything had arrived ${took}`,
  }
}
