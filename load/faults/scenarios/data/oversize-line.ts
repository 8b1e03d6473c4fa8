import { ok } from 'node:assert/strict'
import { watchPeakMemory } from '../../../bench/peak-memory.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, knownDeadLetter } from './known-lines.js'

const mib = 1024 * 1024
/** Three times what a reader needs in all. */
const oversizeBytes = 400 * mib

export const oversizeLine: Scenario = {
  name: 'data-oversize-line',
  faults: [42],
  title: 'A line of 400 MiB stands in a file, and one that is one byte too long.',
  observe:
    'The memory of the reader (`process_resident_memory_bytes`) stays where it was. `sluice dead-letters list --reason oversize_line` shows both lines, `show` their first 64 KiB and how many bytes more there are in the file.',
  discuss:
    'Whoever can write one byte into a log can write many. What in your systems reads a line before it knows how long it is?',
  recovery:
    'Nothing has to be recovered. The reader looks for the end of a line in blocks and keeps at most reader.maxLineBytes of it. The line is one dead letter with its full length, and the lines around it are rows.',
  async run(trial) {
    const good = drawLines(trial.seed, 600)
    const limit = 65_536
    const lines = [
      ...good.slice(0, 200),
      knownDeadLetter(Buffer.alloc(oversizeBytes, good[200]!.line), 'unclassified', 'oversize_line'),
      ...good.slice(201, 400),
      knownDeadLetter(Buffer.alloc(limit + 1, 'x'), 'unclassified', 'oversize_line'),
      knownDeadLetter(Buffer.alloc(limit, 'x'), 'unclassified', 'no_type'),
      ...good.slice(400),
    ]
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const memory = watchPeakMemory(reader!.process.pid)
    await trial.writeLog('a.log', contentOf(lines))
    await trial.waitForLines(lines.length)
    const { bytes } = await memory.stop()
    trial.tell(`the reader had at most ${Math.round(bytes / mib)} MiB`)
    ok(bytes > 0 && bytes < oversizeBytes / 2, `the reader had ${bytes} bytes of memory`)
    return expectContents(trial, [{ name: 'a.log', lines }])
  },
}
