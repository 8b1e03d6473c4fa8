import { waitForDeathAt } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerKilledAfterRead: Scenario = {
  name: 'indexer-killed-after-read',
  faults: [14],
  compose: true,
  title: 'An indexer is killed when Redis has given it batches and none of them is committed.',
  observe:
    '`sluice_stream_pending{group="indexers"}` stays up, `sluice status` shows the dead consumer idle; then `sluice_claims_total{stage="indexer"}` of another indexer rises.',
  discuss:
    'Why is indexer.minIdleMs longer than parser.minIdleMs? What does waiting that long cost, and what would a shorter time cost?',
  recovery:
    'Entries are acknowledged after COMMIT only. What the dead indexer held stays pending, and after indexer.minIdleMs another indexer takes it over.',
  async run(trial) {
    const written = trial.keepWriting()
    const doomed = await trial.startRole('indexer', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `indexer.batch-read=kill@${3 + trial.random.below(15)}`,
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'indexer.batch-read')
    const successor = await trial.startRole('indexer')
    await waitForMetric(successor, 'sluice_claims_total', { stage: 'indexer' })
    return { oracle: await written }
  },
}
