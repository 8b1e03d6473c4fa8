import { waitForDeathAt } from '../../failpoint-reached.js'
import type { Scenario } from '../../scenario.js'

export const readerKilledBeforeRecording: Scenario = {
  name: 'reader-killed-before-recording',
  faults: [1],
  compose: true,
  title: 'A reader is killed when it has cut a chunk and not recorded it.',
  observe:
    '`sluice status` shows unread bytes, and no incomplete chunk of the dead reader: it left nothing behind. `sluice_reader_chunks_total` of its successor starts at 0, the ledger goes on where it was.',
  discuss: 'Where is the position of a reader kept, and who may move it? Why not in a file beside the log?',
  recovery:
    'A chunk exists from the moment at which it is recorded; what was only in memory is cut again. The next reader asks the ledger where the source ends and reads on from there.',
  async run(trial) {
    const written = trial.keepWriting()
    const time = 3 + trial.random.below(15)
    const doomed = await trial.startRole('reader', [trial.logs], {
      SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-cut=kill@${time}`,
      // One file at a time: else another chunk could be on its way at that moment.
      SLUICE_READER_CONCURRENT_SOURCES: '1',
    })
    await trial.startRoles({ parser: 1, indexer: 1 })
    await waitForDeathAt(trial, doomed, 'reader.chunk-cut')
    const [left] = await trial.query<{ chunks: number }>('SELECT count(*)::int AS chunks FROM sluice.chunks')
    if (left?.chunks !== time - 1) {
      throw new Error(`it died with its chunk number ${time} in hand, and ${left?.chunks} are recorded`)
    }
    await trial.startRoles({ reader: 1 })
    return { oracle: await written }
  },
}
