import { appendFile, copyFile, mkdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

const rotations = 4

export const rotatedByCopytruncate: Scenario = {
  name: 'data-rotated-by-copytruncate',
  faults: [49],
  compose: true,
  title:
    'A log is rotated by copytruncate while it is read: copied, by turns beside itself and out of sight, then cut to nothing and written on.',
  observe:
    '`sluice reconcile --json` lists a source for each part. A copy that lies beside the log adds none: `SELECT path FROM sluice.files` has it as another place of the source that was read.',
  discuss:
    'What a program writes after the copy was made and before the file is cut is nowhere afterwards, for any reader. So is what was not read yet, if the copy lies where nobody reads. How would you find out that your logrotate.conf says copytruncate?',
  recovery:
    'The bytes before the position of the reader are not those that it read there: the content is another one, and begins at its first line. The copy has the content of a known source, and is read only where that was not read to its end. Here the log is rotated only when all of it was read; before that, nothing is promised.',
  quick: true,
  async run(trial) {
    const lines = drawLines(trial.seed, 5000)
    const archive = `${trial.logs}-archive`
    await mkdir(archive)
    const path = await trial.writeLog('a.log', '')
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const parts = []
    let writtenBytes = 0
    for (let n = 0, from = 0; n <= rotations; n++) {
      const to = n === rotations ? lines.length : from + 300 + trial.random.below(900)
      const part = lines.slice(from, to)
      for (let at = 0; at < part.length; at += 50) {
        await appendFile(path, contentOf(part.slice(at, at + 50)))
      }
      parts.push({ name: `part ${n}`, lines: part })
      writtenBytes += contentOf(part).length
      from = to
      if (n === rotations) break
      await pollUntil('the reader has read everything', async () => {
        const [sum] = await trial.query<{ bytes: number }>(
          'SELECT coalesce(sum(recorded_bytes), 0)::int AS bytes FROM sluice.sources',
        )
        return sum?.bytes === writtenBytes
      })
      await copyFile(path, join(n % 2 === 0 ? trial.logs : archive, `a.log.${rotations - n}`))
      await truncate(path)
      trial.tell(`rotated after ${part.length} lines`)
    }
    return expectContents(trial, parts, async () => {
      await pollUntil('the copies were looked at', async () => {
        const known = await trial.query(`SELECT FROM sluice.files WHERE path LIKE '%/a.log._'`)
        return known.length === rotations / 2
      })
    })
  },
}
