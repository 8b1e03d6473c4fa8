import { waitForDeathAt } from '../../failpoint-reached.js'
import { expectPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'

export const readerKilledBeforePublishing: Scenario = {
  name: 'reader-killed-before-publishing',
  faults: [2],
  compose: true,
  title: 'A reader is killed when it has recorded a chunk and published nothing of it.',
  observe:
    '`sluice status` shows lines in flight that are in no stream; after the next reader has started, `sluice_reader_batches_republished_total` rises.',
  discuss:
    'The ledger says that the lines were read, and Redis has never heard of them. What would be lost if a reader trusted the ledger alone, and what would come twice if it published first and recorded then?',
  recovery:
    'A chunk is complete when all its batches are in the ledger, and not before. Whoever reads the source next finds the incomplete chunk, sees that its batches are in no stream, cuts it again as it was recorded, and publishes it.',
  quick: true,
  async run(trial) {
    const written = trial.keepWriting()
    const time = 3 + trial.random.below(15)
    const doomed = await trial.startRole('reader', [trial.logs], {
      SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-recorded=kill@${time}`,
    })
    await trial.startRoles({ parser: 1, indexer: 1 })
    await waitForDeathAt(trial, doomed, 'reader.chunk-recorded')
    await trial.startRoles({ reader: 1 })
    return {
      oracle: await written,
      check: () => expectPublishedAgain(trial),
    }
  },
}
