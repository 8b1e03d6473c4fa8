import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const postgresStatementTimedOut: Scenario = {
  name: 'postgres-statement-timed-out',
  faults: [37],
  title: 'A maintenance job locks a table for longer than a statement may take (57014).',
  observe:
    'The indexer logs "PostgreSQL cannot be used" with SQLSTATE 57014, and `sluice_indexer_postgres_errors_total{class="cancelled"}` rises with each attempt. Lines of the other types go on: only one table is locked.',
  discuss:
    'Why is a limit on statements better than none, when all that happens is that the same statement is tried again?',
  recovery:
    'The cancelled transaction is tried again with growing pauses until the lock is gone. Nothing is blamed on a line, and the batches are kept fresh meanwhile, so that nobody claims them.',
  async run(trial) {
    await trial.startRoles({ parser: 1, reader: 1 })
    const indexer = await trial.startRole('indexer', [], {
      SLUICE_POSTGRES_STATEMENT_TIMEOUT_MS: '1000',
      SLUICE_POSTGRES_LOCK_TIMEOUT_MS: '1000',
    })
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    await withClient(trial.databaseUrl, async (job) => {
      await job.query('BEGIN')
      await job.query('LOCK TABLE public.firewall_logs IN EXCLUSIVE MODE')
      trial.tell('firewall_logs is locked')
      await indexer.waitForLine(/57014/)
      const times = await pollUntil(
        'several attempts are cancelled',
        async () => {
          const errors = await readMetric(indexer, 'sluice_indexer_postgres_errors_total', {
            class: 'cancelled',
          })
          return errors >= 3 ? errors : undefined
        },
        { timeoutMs: 60_000 },
      )
      trial.tell(`${times} attempts were cancelled`)
      await job.query('ROLLBACK')
    })
    return { oracle: await oracle }
  },
}
