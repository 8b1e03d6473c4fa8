import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

export const postgresDeadlocked: Scenario = {
  name: 'postgres-deadlocked',
  faults: [34],
  title: "Somebody's transaction takes the same locks as the indexer in the other order: deadlocks (40P01).",
  observe:
    'The indexer logs "PostgreSQL cannot be used" with SQLSTATE 40P01 and tries again at once; `sluice_indexer_transactions_total{outcome="retried"}` and `sluice_indexer_postgres_errors_total{class="conflict"}` rise. PostgreSQL logs both statements.',
  discuss:
    'Two indexers never deadlock with each other on the ledger. Which order makes sure of that, and why can it not help against a stranger?',
  recovery:
    'PostgreSQL ends one of the two transactions, whole. The indexer repeats its own: the ledger, the rows and the dead letters of its batches, or nothing.',
  async run(trial) {
    await trial.startRoles({ parser: 1, reader: 1 })
    const indexer = await trial.startRole('indexer')
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(3000), { intervalMs: 20 })
    await withClient(trial.databaseUrl, async (stranger) => {
      // The victim is who looks first, and the indexer looks after a second.
      await stranger.query(`SET deadlock_timeout = '20s'`)
      for (let times = 1; times <= 2; times++) {
        await stranger.query('BEGIN')
        await stranger.query('LOCK TABLE public.firewall_logs IN EXCLUSIVE MODE')
        await pollUntil(
          'an indexer that has written to the ledger waits for the table',
          async () => {
            const { rows } = await stranger.query(
              `SELECT FROM pg_locks waiting JOIN pg_locks held USING (pid)
                WHERE NOT waiting.granted AND waiting.relation = 'public.firewall_logs'::regclass
                  AND held.granted AND held.relation = 'sluice.batches'::regclass
                  AND held.mode = 'RowExclusiveLock'`,
            )
            return rows.length > 0
          },
          { intervalMs: 10 },
        )
        await stranger.query('LOCK TABLE sluice.batches IN EXCLUSIVE MODE')
        await stranger.query('COMMIT')
        trial.tell(`deadlock ${times}: the stranger got all locks, so the indexer lost`)
      }
    })
    await indexer.waitForLine(/40P01/)
    return { oracle: await oracle }
  },
}
