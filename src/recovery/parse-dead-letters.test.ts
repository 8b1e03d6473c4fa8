import { beforeAll, describe, expect, it } from 'vitest'
import { lines } from '../../load/test/recorded-text.js'
import type { StoredLine } from '../dead-letters/selection.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { loadLogTypes } from '../log-types/registry.js'
import { readTupleInt8 } from '../postgres/read-tuple.js'
import { ParseScratch, parseDeadLetters } from './parse-dead-letters.js'

let registry: LogTypeRegistry
beforeAll(async () => {
  registry = await loadLogTypes('config/log-types')
})

let nextId = 1
function letter(line: string | Buffer, changes: Partial<StoredLine> = {}): StoredLine {
  const raw = Buffer.from(line)
  const id = nextId++
  return {
    ...{
      id,
      logType: 'unclassified',
      reason: 'no_type',
      detail: null,
      sourceId: 1,
      lineOffset: 100_000 - id * 500,
    },
    ...{ lineBytes: raw.length, raw, batchHash: 'ab'.repeat(32), createdAt: new Date(), fileTimeMs: 0 },
    ...changes,
  }
}
const parse = (...letters: StoredLine[]) => parseDeadLetters(letters, registry, new ParseScratch())

describe('parsing dead letters', () => {
  it('gives each its verdict, whatever batch, source and type they are of', () => {
    const letters = [
      letter(lines.dns(1)),
      letter('nobody'),
      letter(lines.firewall(2), { batchHash: 'cd'.repeat(32), sourceId: 2 }),
      letter(lines.dns(3), { logType: 'firewall' }),
      letter(lines.auth(4).replace(' port 22', '')),
      letter(lines.firewall(5), { sourceId: 1 }),
    ]
    const verdicts = parse(...letters)
    expect(
      verdicts.map((verdict) => (verdict.kind === 'row' ? `row ${verdict.type.name}` : verdict.kind)),
    ).toEqual(['row dns', 'dead', 'row firewall', 'row dns', 'dead', 'row firewall'])
    expect(verdicts[1]).toEqual({
      kind: 'dead',
      logType: 'unclassified',
      reason: 'no_type',
      detail: null,
      parserVersion: 0,
    })
    expect(verdicts[4]).toMatchObject({ logType: 'auth', reason: 'no_match', parserVersion: 1 })
    for (const [index, verdict] of verdicts.entries()) {
      if (verdict.kind !== 'row') continue
      const { sourceId, lineOffset } = letters[index]!
      expect([0, 1].map((field) => readTupleInt8(verdict.tuple, 0, field))).toEqual([sourceId, lineOffset])
    }
    expect(verdicts[0]).toMatchObject({ timestampMs: Date.UTC(2024, 0, 15, 0, 0, 1) })
  })

  it('does not try what is not all there', () => {
    expect(parse(letter(lines.dns(), { lineBytes: 1000 }))).toEqual([{ kind: 'incomplete' }])
    expect(parse(letter('', { lineBytes: 80, reason: 'duplicate_record' }))).toEqual([{ kind: 'incomplete' }])
  })

  it('sees the content of a line as the reader does', () => {
    const withMark = Buffer.concat([Buffer.from('\ufeff'), Buffer.from(`${lines.dns()}\r`)])
    expect(parse(letter(withMark, { lineOffset: 0 }))).toMatchObject([{ kind: 'row' }])
    expect(parse(letter(withMark, { lineOffset: 7 }))).toMatchObject([{ kind: 'dead' }])
    expect(parse(letter('\r'), letter(''))).toMatchObject([
      { reason: 'empty_line' },
      { reason: 'empty_line' },
    ])
  })

  it('takes lines next to each other, and such as no ledger has', () => {
    const line = lines.dns()
    const at = (lineOffset: number) => letter(line, { lineOffset })
    const verdicts = parse(
      at(0),
      at(line.length + 1),
      at(5),
      at(5),
      letter('', { lineOffset: 900 }),
      letter('', { lineOffset: 900 }),
    )
    expect(verdicts.map(({ kind }) => kind)).toEqual(['row', 'row', 'row', 'row', 'dead', 'dead'])
  })

  it('takes times before 2000 and far in the future', () => {
    const old = lines.dns().replace('2024', '1969').replace('00.000Z', '00.999999Z')
    expect(parse(letter(old))).toMatchObject([{ timestampMs: Date.UTC(1969, 0, 15) + 999 }])
    const late = lines.dns().replace('2024', '9999')
    expect(parse(letter(late))).toMatchObject([{ timestampMs: Date.UTC(9999, 0, 15) }])
  })
})
