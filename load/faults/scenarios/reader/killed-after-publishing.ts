import { waitForDeathAt } from '../../failpoint-reached.js'
import { countPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'

export const readerKilledAfterPublishing: Scenario = {
  name: 'reader-killed-after-publishing',
  faults: [3],
  compose: true,
  title: 'A reader is killed right after it has published a chunk.',
  observe:
    'Parsers and indexers go on with what is in the streams. `sluice_reader_batches_republished_total` of the next reader stays 0: nothing had to be done twice.',
  discuss:
    'How can the next reader tell a chunk that is on its way from one that was never published? What would it cost to publish everything incomplete again at every start?',
  recovery:
    'The next reader sees the chunk as incomplete, asks Redis for its batches, finds them in a stream or committed meanwhile, and leaves them alone.',
  async run(trial) {
    const written = trial.keepWriting()
    const time = 3 + trial.random.below(15)
    const doomed = await trial.startRole('reader', [trial.logs], {
      SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-published=kill@${time}`,
      SLUICE_READER_CONCURRENT_SOURCES: '1',
    })
    // Nobody takes what it has published before the next reader has looked.
    await waitForDeathAt(trial, doomed, 'reader.chunk-published')
    await trial.startRoles({ reader: 1 })
    await trial.startRoles({ parser: 1, indexer: 1 })
    return {
      oracle: await written,
      async check() {
        const again = await countPublishedAgain(trial)
        if (again > 0) throw new Error(`${again} chunks were published again for nothing`)
      },
    }
  },
}
