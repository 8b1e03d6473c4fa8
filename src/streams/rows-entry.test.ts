import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeMeta, type RowsMeta, UnopenableEntryError } from './envelope.js'
import { openRows, packRows } from './rows-entry.js'

const rows = Buffer.from('tuple '.repeat(500))
const dead = Buffer.from('dead letter '.repeat(20))
const body = Buffer.from('compressed body, not looked into')

function packed(changes: Partial<RowsMeta> = {}): Record<string, Buffer> {
  const parts = packRows(rows, dead)
  const meta: RowsMeta = {
    v: 2,
    logType: 'dns',
    hash: 'ab'.repeat(32),
    chunk: '2b1f3f3e-0000-8000-8000-000000000001',
    sourceId: 7,
    sourceUuid: '2b1f3f3e-0000-4000-8000-000000000001',
    start: 0,
    end: 100,
    lines: 12,
    content: 'cd'.repeat(32),
    bodyBytes: body.length,
    bodyCrc32: crc32(body),
    cutAtMs: 0,
    parserVersion: 1,
    copyLayout: '',
    rows: 10,
    deadLetters: 2,
    lineOffsetSum: '99',
    days: [1],
    firstEventMs: null,
    lastEventMs: null,
    reasons: {},
    ...parts.checks,
    ...changes,
  }
  return { meta: Buffer.from(encodeMeta(meta)), rows: parts.rows, dead: parts.dead, body }
}

function unpack(parts: Record<string, Buffer>) {
  const opened = openRows(Object.entries(parts).flatMap(([name, value]) => [Buffer.from(name), value]))
  return { ...opened, ...opened.uncompress() }
}

describe('parsed rows on their way', () => {
  it('come back as they were, with the batch body untouched', () => {
    const unpacked = unpack(packed())
    expect(unpacked.rows.equals(rows)).toBe(true)
    expect(unpacked.dead.equals(dead)).toBe(true)
    expect(unpacked.body.equals(body)).toBe(true)
    expect(unpacked.meta).toMatchObject({ rows: 10, deadLetters: 2, lineOffsetSum: '99' })
  })

  it.each(['meta', 'rows', 'dead', 'body'])('cannot be opened with a flipped bit anywhere in %s', (part) => {
    const parts = packed()
    const good = parts[part]!
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = bad[at]! ^ 0x10
      expect(() => unpack({ ...parts, [part]: bad })).toThrow(UnopenableEntryError)
    }
  })

  it('cannot be opened truncated, or with parts swapped', () => {
    const parts = packed()
    const short = { ...parts, rows: parts.rows!.subarray(0, -1) }
    expect(() => unpack(short)).toThrow(UnopenableEntryError)
    const swapped = { ...parts, rows: parts.dead!, dead: parts.rows! }
    expect(() => unpack(swapped)).toThrow(UnopenableEntryError)
  })

  it('cannot be opened when sizes or counts do not agree', () => {
    for (const changes of [
      { rowsBytes: rows.length + 1 },
      { deadBytes: 0 },
      { rowsBytes: 2 ** 40 },
      { rows: 11 },
      { deadLetters: 1 },
      { lines: 13 },
    ]) {
      expect(() => unpack(packed(changes))).toThrow(UnopenableEntryError)
    }
  })

  it('cannot be opened when a part does not decompress, although its checksum is right', () => {
    const noBlock = packRows(rows, dead)
    const garbage = Buffer.concat([noBlock.rows.subarray(0, 4), Buffer.alloc(50, 0xff)])
    const parts = { ...packed({ rowsCrc32: crc32(garbage) }), rows: garbage }
    expect(() => unpack(parts)).toThrow('block is corrupt')
  })
})
