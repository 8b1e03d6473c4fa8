import { streamedTypes } from '../../../installation/streamed-types.js'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'

const copies = 6
/** What an indexer reads of a stream at a time. */
const together = 4

export const indexersWithOverlappingBatches: Scenario = {
  name: 'indexers-with-overlapping-batches',
  faults: [19],
  title:
    'Every parsed batch is in the stream several times, in different orders, and three indexers write them.',
  observe:
    '`sluice_indexer_batches_total{outcome="duplicate"}` rises several times as fast as `{outcome="committed"}`. `SELECT deadlocks FROM pg_stat_database` stays as it was, and `sluice_indexer_postgres_errors_total{class="conflict"}` stays 0.',
  discuss:
    'Two transactions insert the same hashes, each in its own order. When does one wait for the other, when do both wait for each other, and what does it cost to let PostgreSQL find out?',
  recovery:
    'Within a transaction the ledger is written in the order of the hashes, so transactions with batches in common wait for each other in one direction only. Who comes second finds the hash in the ledger.',
  async run(trial) {
    // One type, so that they are all about the same batches.
    const oracle = await trial.writeLogs({ lines: 30_000, shares: { firewall: 1, dns: 0, auth: 0 } })
    await trial.startRoles({ parser: 1, reader: 1 })
    await pollUntil('everything is parsed', () => isParsed(trial, oracle.totals.lines), { timeoutMs: 30_000 })
    await multiply(trial)
    const speedUp = await slowDown(trial)
    const indexers = await Promise.all(
      Array.from({ length: 3 }, () =>
        trial.startRole('indexer', [], { SLUICE_INDEXER_BATCHES_PER_TRANSACTION: String(together) }),
      ),
    )
    await trial.waitForLines(oracle.totals.lines)
    await speedUp()
    return {
      oracle,
      async check() {
        let duplicates = 0
        for (const indexer of indexers) {
          duplicates += await readMetric(indexer, 'sluice_indexer_batches_total', { outcome: 'duplicate' })
        }
        const [batches] = await trial.query<{ count: number }>(
          'SELECT count(*)::int AS count FROM sluice.batches',
        )
        const expected = (batches?.count ?? 0) * copies
        if (duplicates < expected) throw new Error(`${duplicates} duplicates instead of ${expected}`)
        const [found] = await trial.query<{ deadlocks: number }>(
          'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
        )
        if (found?.deadlocks !== 0) throw new Error(`${found?.deadlocks} deadlocks`)
      },
    }
  },
}

async function isParsed({ query, redis, key }: Trial, lines: number): Promise<boolean> {
  const [row] = await query<{ lines: number }>(
    'SELECT coalesce(sum(lines), 0)::int AS lines FROM sluice.chunks',
  )
  if (row?.lines !== lines) return false
  const left = await Promise.all(streamedTypes.map((logType) => redis.xlen(key(logType, 'raw'))))
  return left.every((entries) => entries === 0)
}

/**
 * Adds copies of all entries of the rows streams, a few entries many times in changing order before the next few, so
 * that transactions at one time are about the same batches. The entries themselves are pending with somebody who does
 * nothing, and are taken over later.
 */
async function multiply({ redis, key, random, tell }: Trial): Promise<void> {
  for (const logType of streamedTypes) {
    const stream = key(logType, 'rows')
    const entries = await redis.xrangeBuffer(stream, '-', '+')
    await redis.xreadgroup('GROUP', 'indexers', 'somebody', 'COUNT', entries.length, 'STREAMS', stream, '>')
    for (let at = 0; at < entries.length; at += together) {
      const few = entries.slice(at, at + together)
      for (let copy = 0; copy < copies; copy++) {
        const shuffled = few.map((entry) => ({ entry, place: random.next() }))
        shuffled.sort((a, b) => a.place - b.place)
        for (const { entry } of shuffled) await redis.xadd(stream, '*', ...entry[1])
      }
    }
    tell(`${entries.length} batches of ${logType} are in their stream ${copies + 1} times`)
  }
}

/** Writing to the ledger takes its time, so that transactions meet in the middle of it. */
async function slowDown({ query }: Trial): Promise<() => Promise<void>> {
  await query(`
    CREATE FUNCTION sluice.slow_down() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END';
    CREATE TRIGGER slow_down BEFORE INSERT ON sluice.batches
      FOR EACH ROW EXECUTE FUNCTION sluice.slow_down()`)
  return async () => {
    await query('DROP FUNCTION sluice.slow_down CASCADE')
  }
}
