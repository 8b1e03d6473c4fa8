import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerSlowTransaction: Scenario = {
  name: 'indexer-slow-transaction',
  faults: [12],
  title: 'Somebody locks a table for longer than indexer.minIdleMs, and two indexers wait for it.',
  observe:
    '`SELECT * FROM pg_stat_activity WHERE wait_event_type = \'Lock\'` shows the indexers wait. `sluice_claims_total{stage="indexer"}` stays 0 in both of them: neither takes over what the other one holds.',
  discuss:
    'Slow is not dead. How can a consumer show that it lives while the work itself gives no sign, and what would a heartbeat prove that is sent by another thread?',
  recovery:
    'While an indexer lives, it sets the idle time of the entries that it holds back every third of indexer.minIdleMs, and only of those that are still its own. When the lock is gone, the transactions go on as if nothing had been.',
  async run(trial) {
    const written = trial.keepWriting({ lines: 30_000 })
    const indexers = await trial.startRoles({ indexer: 2 })
    await trial.startRoles({ parser: 1, reader: 1 })
    await trial.waitForLines(1)
    await withClient(trial.databaseUrl, async (client) => {
      await client.query('BEGIN')
      await client.query('LOCK TABLE firewall_logs IN ACCESS EXCLUSIVE MODE')
      trial.tell('firewall_logs is locked')
      await pollUntil('an indexer has waited for twice indexer.minIdleMs', async () => {
        const waiting = await trial.query(
          `SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE 'sluice%'
              AND clock_timestamp() - state_change > interval '3 s'`,
        )
        return waiting.length > 0
      })
      await client.query('ROLLBACK')
    })
    trial.tell('the lock is gone')
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    for (const indexer of indexers) {
      const claims = await readMetric(indexer, 'sluice_claims_total', { stage: 'indexer' })
      if (claims > 0) throw new Error(`${claims} batches were taken over from an indexer that lives`)
    }
    return { oracle }
  },
}
