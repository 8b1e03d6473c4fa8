import { ok } from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

export const truncatedGzip: Scenario = {
  name: 'data-truncated-gzip',
  faults: [53],
  title: 'A compressed file ends in the middle, since a transfer broke off; later all of it is there.',
  observe:
    'The log of the reader names the file: "gzip: unexpected end of file"; `sluice_reader_sources_unreadable_total` rises. `sluice reconcile --json` shows how many of its lines are there, and the source not complete.',
  discuss:
    'Half of a file was indexed. Is that better than nothing, or worse? How does whoever asks the tables find out?',
  recovery:
    'All complete lines before the damage are read. When the file changes it is decompressed from its beginning, compared with what is recorded, and read on from there.',
  async run(trial) {
    const lines = drawLines(trial.seed, 6000)
    const compressed = await promisify(gzip)(contentOf(lines))
    const cutAt = Math.round(compressed.length * (0.3 + 0.5 * trial.random.next()))
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const path = await trial.writeLog('a.log.gz', compressed.subarray(0, cutAt))
    await reader!.waitForLine(/gzip: unexpected end of file/)
    ok((await readMetric(reader!, 'sluice_reader_sources_unreadable_total')) > 0)
    const readSoFar = () => readMetric(reader!, 'sluice_reader_lines_total')
    await pollUntil('what there is was read', async () => (await readSoFar()) > lines.length / 10)
    const read = await readSoFar()
    ok(read < lines.length, `all ${read} lines were read of a part of the file`)
    trial.tell(`read ${read} of ${lines.length} lines from ${cutAt} of ${compressed.length} bytes`)
    await writeFile(path, compressed)
    return expectContents(trial, [{ name: 'a.log.gz', lines }])
  },
}
