import type { Random } from '../../../generate/random.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, type KnownLine, knownDeadLetter } from './known-lines.js'

export const oddBytes: Scenario = {
  name: 'data-odd-bytes',
  faults: [43, 44, 45, 46, 52],
  title:
    'Files with NUL bytes, invalid UTF-8, carriage returns, a byte order mark, empty lines, no newline at the end, and next to nothing in them.',
  observe:
    '`sluice dead-letters list` counts the lines by reason: nul_byte, invalid_utf8, empty_line, no_type. `sluice dead-letters show` prints the bytes of one, escaped.',
  discuss:
    'PostgreSQL stores neither NUL nor invalid UTF-8 in a text column. A pipeline could replace such bytes and go on. What would a forensic report say about a user name in which something had been replaced?',
  recovery:
    'Nothing has to be recovered. A line that cannot be stored as it is becomes a dead letter with its very bytes; the lines before and after it are rows. A carriage return before the newline and a byte order mark at the beginning belong to no value. A last line without newline is taken when the file has been quiet for reader.partialLineMs.',
  async run(trial) {
    const good = drawLines(trial.seed, 400)
    const contents = [
      { name: 'nul.log', lines: spoil(good.slice(0, 60), Buffer.from([0]), 'nul_byte') },
      { name: 'latin-1.log', lines: spoil(good.slice(60, 120), Buffer.from('é', 'latin1'), 'invalid_utf8') },
      { name: 'overlong.log', lines: spoil(good.slice(120, 160), Buffer.from([0xc0, 0xaf]), 'invalid_utf8') },
      {
        name: 'crlf.log',
        lines: good.slice(160, 220).map((one) => ({ ...one, terminator: '\r\n' as const })),
      },
      { name: 'bom.log', lines: withByteOrderMark(good.slice(220, 260)) },
      {
        name: 'empty-lines.log',
        lines: good
          .slice(260, 300)
          .flatMap((one) => [one, emptyLine, one === good[270] ? emptyCrlfLine : emptyLine]),
      },
      { name: 'no-newline.log', lines: withoutLastNewline(good.slice(300, 340)) },
      { name: 'one-line.log', lines: good.slice(340, 341) },
      { name: 'one-line-no-newline.log', lines: withoutLastNewline(good.slice(341, 342)) },
      { name: 'one-byte.log', lines: withoutLastNewline([knownDeadLetter('x', 'unclassified', 'no_type')]) },
      { name: 'one-newline.log', lines: [emptyLine] },
      {
        name: 'garbage.log',
        lines: [knownDeadLetter(garbage(trial.random, 3000), 'unclassified', 'no_type')],
      },
    ]
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    for (const { name, lines } of contents) await trial.writeLog(name, contentOf(lines))
    await trial.writeLog('empty.log', '')
    return expectContents(trial, contents)
  },
}

const emptyLine = knownDeadLetter('', 'unclassified', 'empty_line')
const emptyCrlfLine: KnownLine = { ...emptyLine, terminator: '\r\n' }

/** Every third line gets these bytes into a value of it. */
function spoil(lines: readonly KnownLine[], bytes: Buffer, reason: string): KnownLine[] {
  return lines.map((one, n) => {
    if (n % 3 !== 1 || !('values' in one.expected)) return one
    const at = one.line.length - 2
    const line = Buffer.concat([one.line.subarray(0, at), bytes, one.line.subarray(at)])
    return knownDeadLetter(line, one.expected.logType, reason)
  })
}

function withByteOrderMark([first, ...others]: readonly KnownLine[]): KnownLine[] {
  return [{ ...first!, line: Buffer.concat([Buffer.from('\ufeff'), first!.line]) }, ...others]
}

function withoutLastNewline(lines: readonly KnownLine[]): KnownLine[] {
  return [...lines.slice(0, -1), { ...lines.at(-1)!, terminator: '' }]
}

function garbage(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => 0x80 + random.below(0x80)))
}
