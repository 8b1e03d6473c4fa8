import { waitForDeathAt } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerKilledAfterCommit: Scenario = {
  name: 'indexer-killed-after-commit',
  faults: [16],
  compose: true,
  title: 'An indexer is killed when it has committed batches and not acknowledged them.',
  observe:
    '`sluice_indexer_batches_total{outcome="duplicate"}` of the indexer that takes the batches over rises; `sluice_indexer_rows_total` and the tables do not count them again.',
  discuss:
    'Between two systems there is no common COMMIT. Which of the two orders, acknowledge first or commit first, can be made safe, and by what?',
  recovery:
    'The batches are delivered again. Their hashes are in the ledger, so the insert there takes nothing, no row is written, and they are acknowledged: exactly once in effect, at least once in work.',
  quick: true,
  async run(trial) {
    const written = trial.keepWriting()
    const doomed = await trial.startRole('indexer', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `indexer.committed=kill@${3 + trial.random.below(8)}`,
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'indexer.committed')
    const successor = await trial.startRole('indexer')
    await waitForMetric(successor, 'sluice_indexer_batches_total', { outcome: 'duplicate' })
    return { oracle: await written }
  },
}
