import { waitForDeathAt } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserKilledAfterRead: Scenario = {
  name: 'parser-killed-after-read',
  faults: [8],
  compose: true,
  title: 'A parser is killed when Redis has given it a batch and it has done nothing with it.',
  observe:
    '`sluice status` lists the dead consumer with what is pending under its name, and an idle time that grows. `sluice_stream_pending{group="parsers"}` stays up until `sluice_claims_total{stage="parser"}` of another parser rises.',
  discuss:
    'With a list and BRPOP instead of a stream and a group, where would the batch be now? What does the pending list cost?',
  recovery:
    'A stream entry that was delivered stays in the stream, pending under the name of its consumer, until it is acknowledged. After parser.minIdleMs any other parser may take it over.',
  async run(trial) {
    const written = trial.keepWriting()
    const doomed = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-read=kill@${3 + trial.random.below(10)}`,
    })
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'parser.batch-read')
    const successor = await trial.startRole('parser')
    await waitForMetric(successor, 'sluice_claims_total', { stage: 'parser' })
    return { oracle: await written }
  },
}
