import { ok } from 'node:assert/strict'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

export const deletedWhileRead: Scenario = {
  name: 'data-deleted-while-read',
  faults: [50],
  title:
    'A log is deleted while the reader is in the middle of it and held up; its writer goes on writing to it.',
  observe:
    '`sluice_reader_backpressure_active{cause="entries"}` is 1 when the file goes. Its name is gone, `sluice_reader_lines_total` rises all the same.',
  discuss:
    'An intruder deletes /var/log/auth.log. How much of it do you have? And how much would a pipeline have that opens a file only when it wants to read some more of it?',
  recovery:
    'The reader holds the file open, and a deleted file lasts as long as somebody has it open. It is read to its end, and followed until it was quiet for a minute, since its writer may have it open, too. What Redis loses meanwhile cannot be published again: the file was the only copy.',
  async run(trial) {
    const lines = drawLines(trial.seed, 5000)
    const beforeDeletion = 4000
    await mkdir(trial.logs)
    const path = join(trial.logs, 'a.log')
    const writer = await open(path, 'a')
    try {
      await writer.appendFile(contentOf(lines.slice(0, beforeDeletion)))
      const reader = await trial.startRole('reader', [trial.logs], {
        SLUICE_READER_CHUNK_LINES: '100',
        SLUICE_READER_MAX_STREAM_ENTRIES: String(8 + trial.random.below(40)),
      })
      await pollUntil(
        'the reader is held up',
        async () =>
          (await readMetric(reader, 'sluice_reader_backpressure_active', { cause: 'entries' })) === 1,
      )
      await rm(path)
      const read = await readMetric(reader, 'sluice_reader_lines_total')
      ok(read > 0 && read < beforeDeletion, `${read} lines were read at the deletion`)
      trial.tell(`deleted the file when ${read} of its lines were read`)
      await trial.startRoles({ parser: 1, indexer: 1 })
      await writer.appendFile(contentOf(lines.slice(beforeDeletion)))
    } finally {
      await writer.close()
    }
    return expectContents(trial, [{ name: 'the deleted file', lines }])
  },
}
