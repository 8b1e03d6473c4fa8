import type pg from 'pg'
import { reconcile } from '../ledger/reconcile.js'
import { sleep } from '../lifecycle/sleep.js'
import type { Logger } from '../telemetry/logger.js'
import type { Metrics } from '../telemetry/metrics.js'
import { createRepeatedLog } from '../telemetry/repeated-log.js'

export interface LedgerWatchOptions {
  /** Without a statement timeout: the proof takes as long as the tables are large. One connection is used. */
  readonly pool: pg.Pool
  /** 0: never. */
  readonly everyMs: number
  readonly metrics: Pick<Metrics, 'ledgerBalanced' | 'ledgerProvedTime' | 'ledgerProofFailures'>
  readonly logger: Logger
  readonly stop: AbortSignal
}

/** The first proof waits until the start is over. */
const firstAfterMs = 60_000
/** A ledger that is out of balance may be so in each of very many files. */
const maxToldSources = 10

/** Proves from time to time that every line is there, and tells when it is not. Resolves after `stop`. */
export async function watchLedger({
  pool,
  everyMs,
  metrics,
  logger,
  stop,
}: LedgerWatchOptions): Promise<void> {
  if (everyMs === 0) return
  const repeated = createRepeatedLog({ logger })
  await sleep(Math.min(firstAfterMs, everyMs), stop)
  while (!stop.aborted) {
    try {
      const { balanced, problems, sources } = await reconcile(pool)
      metrics.ledgerBalanced.set(balanced ? 1 : 0)
      metrics.ledgerProvedTime.set(Date.now() / 1000)
      if (!balanced) {
        const wrong = sources.filter((source) => source.problems.length > 0)
        repeated.write(
          'error',
          { problems, sourcesConcerned: wrong.length, sources: wrong.slice(0, maxToldSources) },
          'The ledger does not balance: rows or dead letters are missing, or there twice.',
        )
      }
    } catch (error) {
      metrics.ledgerProofFailures.add(1)
      // An outage shows elsewhere; what was found the last time holds until the next proof.
      repeated.write('warn', { error }, 'The ledger could not be proved.')
    }
    await sleep(everyMs, stop)
  }
}
