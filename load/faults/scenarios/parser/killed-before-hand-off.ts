import { waitForDeathAt } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserKilledBeforeHandOff: Scenario = {
  name: 'parser-killed-before-hand-off',
  faults: [9],
  compose: true,
  title: 'A parser is killed when it has parsed a batch and not handed it over.',
  observe:
    '`sluice status` shows a consumer with pending entries and a growing idle time; then another parser claims them (`sluice_claims_total`).',
  discuss: 'The work of parsing was done. Why is it thrown away, and what would keeping it have cost?',
  recovery:
    'The entry was never acknowledged, so it stays pending; after parser.minIdleMs another parser claims it and parses it again. The hand-off is one step in Redis, so there is no half of it.',
  quick: true,
  async run(trial) {
    const oracle = trial.keepWriting()
    const time = 3 + trial.random.below(10)
    const doomed = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-parsed=kill@${time}`,
    })
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'parser.batch-parsed')
    const successor = await trial.startRole('parser')
    await waitForMetric(successor, 'sluice_claims_total', { stage: 'parser' })
    return { oracle: await oracle }
  },
}
