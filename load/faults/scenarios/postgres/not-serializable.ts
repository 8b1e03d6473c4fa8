import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'

export const postgresNotSerializable: Scenario = {
  name: 'postgres-not-serializable',
  faults: [35],
  title:
    'An administrator makes SERIALIZABLE the default of the database, and transactions are ended for it (40001).',
  observe:
    'The indexer logs SQLSTATE 40001 and goes on; `sluice_indexer_transactions_total{outcome="retried"}` and `sluice_indexer_postgres_errors_total{class="conflict"}` rise. It is slower, and right.',
  discuss:
    'Sluice needs no more than READ COMMITTED. Which statement decides what a batch is worth, and why does it hold at every isolation level?',
  recovery:
    'A serialization failure ends the transaction whole. It is repeated with the same batches until it goes through.',
  async run(trial) {
    await trial.query(
      `ALTER DATABASE ${new URL(trial.databaseUrl).pathname.slice(1)}
         SET default_transaction_isolation = 'serializable'`,
    )
    await trial.startRoles({ parser: 1, reader: 1 })
    const indexer = await trial.startRole('indexer')
    const oracle = trial.keepWriting({ lines: 30_000, linesPerSecond: 6000 })
    await trial.waitForLines(500 + trial.random.below(3000), { intervalMs: 20 })
    const failed = () => indexer.stderrLines().some((line) => line.includes('40001'))
    const times = await pollUntil('the indexer is told 40001', () => contradict(trial, failed), {
      timeoutMs: 30_000,
    })
    trial.tell(`the indexer lost against one of ${times} transactions`)
    return { oracle: await oracle }
  },
}

/**
 * Transactions that read what the indexer writes, and write what it reads: neither order of the two explains both.
 * Returns how many it took.
 */
function contradict(trial: Trial, isEnough: () => boolean): Promise<number | undefined> {
  return withClient(trial.databaseUrl, async (client) => {
    for (let times = 1; times <= 200; times++) {
      try {
        await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
        await client.query('SELECT count(*) FROM sluice.batches')
        await client.query('UPDATE sluice.chunks SET lines = lines WHERE completed_at IS NULL')
        await client.query('COMMIT')
      } catch {
        // Sometimes it is this one that loses.
        await client.query('ROLLBACK')
      }
      if (isEnough()) return times
    }
    return undefined
  })
}
