import { waitForDeathAt } from '../../failpoint-reached.js'
import { readMetric, waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerKilledInTransaction: Scenario = {
  name: 'indexer-killed-in-transaction',
  faults: [15],
  compose: true,
  title: 'An indexer is killed when rows and ledger are written and the transaction is not committed.',
  observe:
    '`sluice_indexer_rows_total` of the dead indexer had not counted these rows, and nobody has ever seen them in a table. Another indexer takes the batches over and commits them; none of them is a duplicate.',
  discuss: 'Which two things would have to be written together if the ledger were a file, or a key in Redis?',
  recovery:
    'Rows, dead letters and the entry in the ledger are one transaction. PostgreSQL sees the connection close and takes all of it back; for whoever comes next the batch is new.',
  async run(trial) {
    const written = trial.keepWriting()
    const doomed = await trial.startRole('indexer', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `indexer.rows-copied=kill@${3 + trial.random.below(8)}`,
      // One after the other, so that no other transaction is between COMMIT and acknowledgement.
      SLUICE_INDEXER_CONNECTIONS: '1',
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'indexer.rows-copied')
    const successor = await trial.startRole('indexer')
    await waitForMetric(successor, 'sluice_claims_total', { stage: 'indexer' })
    return {
      oracle: await written,
      async check() {
        const duplicates = await readMetric(successor, 'sluice_indexer_batches_total', {
          outcome: 'duplicate',
        })
        if (duplicates > 0) throw new Error(`${duplicates} batches had been committed all the same`)
      },
    }
  },
}
