import { ok } from 'node:assert/strict'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { watchPeakMemory } from '../../../bench/peak-memory.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, knownDeadLetter } from './known-lines.js'

const mib = 1024 * 1024
const lineBytes = 65_000
const slowLines = 250
const bombBytes = 512 * mib

export const attackOnTimeAndMemory: Scenario = {
  name: 'attack-on-time-and-memory',
  faults: [],
  title:
    'Lines on which a backtracking pattern would work for hours, and a compressed file of half a MiB that becomes 512 MiB.',
  observe:
    '`sluice_stage_duration_seconds` with `step="parse"` shows milliseconds for a batch, as ever. The memory of the reader does not follow the size of what is decompressed.',
  discuss:
    'Estimate what (.*) from (.*) port (.*) costs on a line that says " from " ten thousand times and never " port ". Which of your dashboards, rules and shippers have such a pattern?',
  recovery:
    'Templates are matched in one pass that does not go back, whatever they and the lines are. gzip is decompressed in pieces, and of a line nobody keeps more than reader.maxLineBytes.',
  async run(trial) {
    const timestamp = '2024-01-15T10:23:45.123Z'
    const fill = (head: string, part: string) =>
      (head + part.repeat(lineBytes / part.length + 1)).slice(0, lineBytes)
    const shapes = [
      knownDeadLetter(fill(`${timestamp} host sshd[1]: Failed password for `, 'a from '), 'auth', 'no_match'),
      knownDeadLetter(
        fill(`${timestamp} host sshd[1]: Failed password for `, 'a from b port c '),
        'auth',
        'no_match',
      ),
      knownDeadLetter(fill(`${timestamp} client 10.0.0.1 query: `, 'a IN b + ('), 'dns', 'no_match'),
      knownDeadLetter(fill(`${timestamp} client 10.0.0.1 query: `, ' IN '), 'dns', 'no_match'),
      knownDeadLetter(fill(`${timestamp}|a=`, '='), 'firewall', 'missing_field'),
      knownDeadLetter(fill(`${timestamp}|a=b`, '|'), 'firewall', 'no_match'),
    ]
    const slow = Array.from({ length: slowLines }, (_, n) => shapes[n % shapes.length]!)
    const good = drawLines(trial.seed, 500)
    const bomb = [
      ...good.slice(0, 100),
      knownDeadLetter(Buffer.alloc(bombBytes), 'unclassified', 'oversize_line'),
      ...good.slice(100, 200),
    ]
    const reader = await trial.startRole('reader', [trial.logs])
    const parser = await trial.startRole('parser')
    await trial.startRole('indexer')
    const memory = watchPeakMemory(reader.process.pid)
    const compressed = await promisify(gzip)(contentOf(bomb))
    trial.tell(`${bombBytes / mib} MiB are ${Math.round(compressed.length / 1024)} KiB as gzip`)
    await trial.writeLog('bomb.log.gz', compressed)
    await trial.writeLog('slow.log', contentOf([...slow, ...good.slice(200)]))
    await trial.waitForLines(bomb.length + slow.length + 300)
    const { bytes } = await memory.stop()
    const seconds = await readMetric(parser, 'sluice_stage_duration_seconds_sum', { step: 'parse' })
    trial.tell(`parsed in ${seconds.toFixed(2)} s; the reader had at most ${Math.round(bytes / mib)} MiB`)
    ok(seconds < 10, `parsing took ${seconds} s`)
    ok(bytes > 0 && bytes < bombBytes / 2, `the reader had ${bytes} bytes of memory`)
    return expectContents(trial, [
      { name: 'bomb.log.gz', lines: bomb },
      { name: 'slow.log', lines: [...slow, ...good.slice(200)] },
    ])
  },
}
