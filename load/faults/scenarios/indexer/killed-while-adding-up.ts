import { waitForDeathAt } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerKilledWhileAddingUp: Scenario = {
  name: 'indexer-killed-while-adding-up',
  faults: [15],
  title:
    'An indexer is killed when it has put sums of rollups in the place of their parts and not committed that.',
  observe:
    '`sluice_rollup_hours_compacted_total` of the dead indexer had not counted these hours; that of another one rises, and `sluice rollups check` finds every count.',
  discuss: 'What would a reader of the rollups see if parts and sums were replaced by two transactions?',
  recovery:
    'Taking the parts and writing their sum is one transaction, as are the rows and what was counted of them. PostgreSQL takes back what was not committed; the next look finds the same parts.',
  async run(trial) {
    const often = { SLUICE_INDEXER_ROLLUP_COMPACT_EVERY_MS: '100' }
    const written = trial.keepWriting()
    const doomed = await trial.startRole('indexer', [], {
      ...often,
      SLUICE_LIFECYCLE_FAILPOINTS: `indexer.rollups-compacted=kill@${1 + trial.random.below(4)}`,
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'indexer.rollups-compacted')
    const successor = await trial.startRole('indexer', [], often)
    await waitForMetric(successor, 'sluice_rollup_hours_compacted_total')
    return { oracle: await written }
  },
}
