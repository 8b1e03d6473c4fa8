import type { Reconciliation } from '../../src/ledger/reconcile.js'
import type { Exit } from '../installation/sluice-process.js'
import { streamedTypes } from '../installation/streamed-types.js'
import { withClient } from '../services/postgres-server.js'
import { pollUntil } from '../test/poll-until.js'
import { verify } from '../verify/verify.js'
import type { Expectation } from './scenario.js'
import type { Trial } from './trial.js'

/** How long everything may take to arrive once the fault is over: liveness, which is judged apart from safety. */
const drainMs = 90_000

/** What was proved. */
export interface Proof {
  readonly lines: number
  readonly rows: number
  readonly deadLettered: number
  /** From the end of the fault until everything had arrived. */
  readonly drainSeconds: number
}

/**
 * Waits until everything has arrived, then proves it: by the ledger (`sluice reconcile`), by a recount of the rollups,
 * and by the generator's oracle, which knows nothing of Sluice. Throws what does not hold.
 */
export async function judge(trial: Trial, expectation: Expectation): Promise<Proof> {
  const expected = expectedTotals(expectation)
  const beganMs = performance.now()
  await trial.waitForLines(expected.lines, { timeoutMs: drainMs })
  await pollUntil('the streams are empty', () => areStreamsEmpty(trial), { timeoutMs: drainMs })
  const drainSeconds = (performance.now() - beganMs) / 1000
  trial.tell(`everything has arrived, ${drainSeconds.toFixed(1)} s after the end of the fault`)
  return { ...(await prove(trial, expectation)), drainSeconds }
}

function expectedTotals({ oracle, totals }: Expectation): Omit<Proof, 'drainSeconds'> {
  if (oracle !== undefined) {
    const { lines, rows, deadLettered } = oracle.totals
    return { lines, rows, deadLettered }
  }
  if (totals === undefined) throw new TypeError('a scenario has to expect something')
  return totals
}

/** Safety alone: what has arrived is exactly what must be found. Throws what does not hold. */
export async function prove(trial: Trial, expectation: Expectation): Promise<Omit<Proof, 'drainSeconds'>> {
  const { oracle } = expectation
  const expected = expectedTotals(expectation)
  const { result, ...exit } = await runReconcile(trial)
  const found = { lines: result.lines, rows: result.indexed, deadLettered: result.deadLettered }
  if (exit.code !== 0 || !result.balanced || result.inFlight !== 0) {
    throw new Error(`sluice reconcile is not content: ${exit.stdout}${exit.stderr}`)
  }
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
  }
  const check = await trial.sluice(['rollups', 'check'])
  if (check.code !== 0) throw new Error(`sluice rollups check is not content: ${check.stdout}${check.stderr}`)
  if (oracle !== undefined) {
    const { mismatches } = await withClient(trial.databaseUrl, (client) => verify(client, oracle, 2000))
    if (mismatches.length > 0) throw new Error(`not what was generated: ${JSON.stringify(mismatches)}`)
  }
  await expectation.check?.()
  return expected
}

/** Runs `sluice reconcile`. Throws when it finds nothing out, good or bad. */
export async function runReconcile(trial: Trial): Promise<Exit & { readonly result: Reconciliation }> {
  const exit = await trial.sluice(['reconcile', '--json'])
  if (exit.stdout === '') throw new Error(`sluice reconcile says nothing: ${exit.stderr}`)
  return { ...exit, result: JSON.parse(exit.stdout) as Reconciliation }
}

/** Nothing waits, nothing is pending, nothing is registered that is not there. */
export async function areStreamsEmpty({ redis, key }: Trial): Promise<boolean> {
  for (const logType of streamedTypes) {
    for (const stream of ['raw', 'rows'] as const) {
      if ((await redis.xlen(key(logType, stream))) > 0) return false
    }
    if ((await redis.hlen(key(logType, 'batches'))) > 0) return false
  }
  return true
}
