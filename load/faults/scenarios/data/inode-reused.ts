import { equal, notEqual } from 'node:assert/strict'
import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, type KnownLine } from './known-lines.js'

export const inodeReused: Scenario = {
  name: 'data-inode-reused',
  faults: [51],
  title:
    'While the reader is away, other files take the inodes of files that were read: one under another name, one under the same name and with the same size.',
  observe:
    '`sluice reconcile --json` shows two sources more. The log of the reader says for each which source it is and from which byte on it is read ("startOffset": 0).',
  discuss:
    'A file system gives the number of a deleted file to the next one. What do you know of two files that agree in device, inode and size, and what do you not?',
  recovery:
    'An inode proves nothing. A file is taken for known without looking into it only if path, device, inode, size and time of modification are all as they were when it was read; everything else is compared by content.',
  async run(trial) {
    const good = drawLines(trial.seed, 1500)
    const [first, second] = [good.slice(0, 500), good.slice(500, 1000)]
    const sameSize = second.map(withOtherMillisecond)
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const deleted = await trial.writeLog('deleted.log', contentOf(first))
    const rewritten = await trial.writeLog('rewritten.log', contentOf(second))
    await trial.waitForLines(1000)
    await reader!.kill('SIGTERM')

    // To a reader that was away, the same as deleting one and creating the other, which cannot be told which inode to take.
    const before = [await stat(deleted), await stat(rewritten)]
    const created = join(trial.logs, 'created.log')
    await rename(deleted, created)
    await writeFile(created, contentOf(good.slice(1000)))
    await writeFile(rewritten, contentOf(sameSize))
    const after = [await stat(created), await stat(rewritten)]
    for (const n of [0, 1]) equal(after[n]!.ino, before[n]!.ino)
    equal(after[1]!.size, before[1]!.size)
    notEqual(after[1]!.mtimeMs, before[1]!.mtimeMs)
    await trial.startRoles({ reader: 1 })
    return expectContents(trial, [
      { name: 'deleted.log', lines: first },
      { name: 'rewritten.log as it was', lines: second },
      { name: 'created.log', lines: good.slice(1000) },
      { name: 'rewritten.log', lines: sameSize },
    ])
  },
}

/** The same line at another time, and not a byte longer. */
function withOtherMillisecond({ line, terminator, expected }: KnownLine): KnownLine {
  if (!('values' in expected)) throw new TypeError('expected a row')
  const timestamp = String(expected.values.timestamp).replace(/\d(?=\dZ$)/, (digit) =>
    String((Number(digit) + 1) % 10),
  )
  const changed = Buffer.from(line)
  changed.write(timestamp)
  return { line: changed, terminator, expected: { ...expected, values: { ...expected.values, timestamp } } }
}
