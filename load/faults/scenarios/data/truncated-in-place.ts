import { appendFile, open, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scenario } from '../../scenario.js'

import { contentOf, drawLines, expectContents, type KnownLine, knownDeadLetter } from './known-lines.js'

export const truncatedInPlace: Scenario = {
  name: 'data-truncated-in-place',
  faults: [47],
  title:
    'Files that were read are truncated under their names: to nothing, written anew beyond the old size before the reader looks again, by a writer that goes on at its old offset, and to the middle.',
  observe:
    '`sluice reconcile --json` shows one source more for each file: what was there before, complete, and what is there now, both under the same path.',
  discuss:
    'A tail that remembers "inode and offset" takes a file that grew past the old offset again for the file that it knows. Which of its lines does it lose, and who would notice?',
  recovery:
    'Before every read the reader compares what stands before its position with what it read there. When it differs, the content is another one: it begins at its first line, as a source of its own. What was recorded stays. Lines that were truncated away before they were read are lost to everybody.',
  async run(trial) {
    const good = drawLines(trial.seed, 2400)
    const part = (from: number, to: number) => good.slice(from, to)
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const toNothing = join(trial.logs, 'to-nothing.log')
    const beyond = join(trial.logs, 'beyond.log')
    const atOffset = join(trial.logs, 'at-offset.log')
    const toMiddle = join(trial.logs, 'to-the-middle.log')
    await trial.writeLog('to-nothing.log', contentOf(part(0, 300)))
    await trial.writeLog('beyond.log', contentOf(part(300, 500)))
    await trial.writeLog('to-the-middle.log', contentOf(part(500, 900)))
    const writer = await open(atOffset, 'w')
    await writer.write(contentOf(part(900, 1000)))
    await trial.waitForLines(1000)

    reader!.process.kill('SIGSTOP')
    await truncate(toNothing)
    await appendFile(toNothing, contentOf(part(1000, 1100)))
    await writeFile(beyond, contentOf(part(1100, 1600)))
    const before = (await stat(atOffset)).size
    await truncate(atOffset)
    await writer.write(contentOf(part(1600, 1700)))
    await writer.close()
    const kept = part(500, 550)
    await truncate(toMiddle, contentOf(kept).length)
    await appendFile(toMiddle, contentOf(part(1700, 1800)))
    reader!.process.kill('SIGCONT')
    trial.tell('truncated all files')

    const hole: KnownLine = knownDeadLetter(
      Buffer.concat([Buffer.alloc(before), good[1600]!.line]),
      'unclassified',
      'no_type',
    )
    return expectContents(trial, [
      { name: 'to-nothing.log before', lines: part(0, 300) },
      { name: 'beyond.log before', lines: part(300, 500) },
      { name: 'to-the-middle.log before', lines: part(500, 900) },
      { name: 'at-offset.log before', lines: part(900, 1000) },
      { name: 'to-nothing.log', lines: part(1000, 1100) },
      { name: 'beyond.log', lines: part(1100, 1600) },
      { name: 'at-offset.log', lines: [hole, ...part(1601, 1700)] },
      { name: 'to-the-middle.log', lines: [...kept, ...part(1700, 1800)] },
    ])
  },
}
