import { describe, expect, it } from 'vitest'
import {
  type BatchMeta,
  decodeRawEntry,
  decodeRowsEntry,
  encodeMeta,
  entryBytes,
  type RowsMeta,
  UnopenableEntryError,
} from './envelope.js'

const meta: BatchMeta = {
  v: 2,
  logType: 'dns',
  hash: 'ab'.repeat(32),
  chunk: '2b1f3f3e-0000-8000-8000-000000000001',
  sourceId: 7,
  sourceUuid: '2b1f3f3e-0000-4000-8000-000000000001',
  start: 0,
  end: 100,
  lines: 3,
  content: 'ef'.repeat(32),
  bodyBytes: 50,
  bodyCrc32: 0xffff_ffff,
  cutAtMs: 1.7e12,
}
const rowsMeta: RowsMeta = {
  ...meta,
  parserVersion: 1,
  copyLayout: '',
  rows: 2,
  rowsBytes: 20,
  deadLetters: 1,
  deadBytes: 10,
  lineOffsetSum: '12345678901234567890',
  days: [19_737, -5],
  firstEventMs: 1.7e12,
  lastEventMs: null,
  reasons: { no_match: 1 },
  rowsCrc32: 0,
  deadCrc32: 1,
}

function entry(fields: Record<string, string | Buffer>): Buffer[] {
  return Object.entries(fields).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)])
}
const rawEntry = (changes: object) => entry({ meta: encodeMeta({ ...meta, ...changes }), body: 'body' })
const rowsEntry = (changes: object) =>
  entry({ meta: encodeMeta({ ...rowsMeta, ...changes } as RowsMeta), rows: 'r', dead: 'd', body: 'b' })

describe('an entry', () => {
  it('is decoded whatever the order of its fields and whatever else it has', () => {
    const body = Buffer.from([0, 0xff, 0x80, 10])
    const fields = entry({ added: 'later', body, meta: encodeMeta({ ...meta, added: 'later' } as BatchMeta) })
    expect(decodeRawEntry(fields)).toEqual({ meta, body })
    expect(decodeRowsEntry(rowsEntry({}))).toEqual({
      meta: rowsMeta,
      rows: Buffer.from('r'),
      dead: Buffer.from('d'),
      body: Buffer.from('b'),
    })
  })

  it('brings its trace context along', () => {
    const traceparent = '00-2b1f3f3e000080008000000000000001-b7ad6b7169203331-01'
    expect(decodeRawEntry(rawEntry({ traceparent })).meta).toEqual({ ...meta, traceparent })
    expect(decodeRowsEntry(rowsEntry({ traceparent })).meta).toEqual({ ...rowsMeta, traceparent })
  })

  it('of a version that had no trace context is opened all the same', () => {
    const fields = rawEntry({})
    expect(fields[1]!.toString()).not.toContain('traceparent')
    expect(decodeRawEntry(fields).meta.traceparent).toBe(undefined)
  })

  it.each([
    ['no text', 7],
    ['null', null],
    ['another version', '01-2b1f3f3e000080008000000000000001-b7ad6b7169203331-01'],
    ['a trace id of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a span id of zeros', '00-2b1f3f3e000080008000000000000001-0000000000000000-01'],
    ['capitals', '00-2B1F3F3E000080008000000000000001-b7ad6b7169203331-01'],
    ['more behind it', '00-2b1f3f3e000080008000000000000001-b7ad6b7169203331-01\n\u001b[31m'],
    ['a mountain of text', 'x'.repeat(500_000)],
  ])('with a trace context that is %s is opened without it', (_, traceparent) => {
    expect(decodeRawEntry(rawEntry({ traceparent })).meta).toEqual(meta)
    expect(decodeRowsEntry(rowsEntry({ traceparent })).meta).toEqual(rowsMeta)
  })

  it('with another trace context than it was sent with cannot be opened', () => {
    const traceparent = '00-2b1f3f3e000080008000000000000001-b7ad6b7169203331-01'
    const [name, json, ...rest] = rawEntry({ traceparent })
    const changed = Buffer.from(json!.toString().replace('b7ad', 'b7ae'))
    expect(() => decodeRawEntry([name!, changed, ...rest])).toThrow('checksum')
  })

  it('has the bytes of its values', () => {
    expect(entryBytes(entry({ meta: '12345', body: '123' }))).toBe(8)
    expect(entryBytes([])).toBe(0)
  })

  it.each([
    ['nothing', []],
    ['no meta', entry({ body: 'x' })],
    ['no body', entry({ meta: encodeMeta(meta) })],
    ['meta without a checksum', entry({ meta: JSON.stringify(meta), body: 'x' })],
    [
      'meta with a flipped digit',
      entry({ meta: encodeMeta(meta).replace('"end":100', '"end":101'), body: 'x' }),
    ],
    ['meta that is no JSON', entry({ meta: '{', body: 'x' })],
    ['meta that is no object', entry({ meta: '[]', body: 'x' })],
    ['meta null', entry({ meta: 'null', body: 'x' })],
    ['a name without a value', [Buffer.from('meta')]],
    ['meta of more than a mebibyte', entry({ meta: ' '.repeat(2 ** 20 + 1), body: 'x' })],
  ])('with %s cannot be opened', (_, fields) => {
    expect(() => decodeRawEntry(fields)).toThrow(UnopenableEntryError)
    expect(() => decodeRowsEntry(fields)).toThrow(UnopenableEntryError)
  })

  it.each([
    { v: 1 },
    { v: 3 },
    { logType: '' },
    { hash: 'AB'.repeat(32) },
    { hash: 'ab' },
    { chunk: 'x' },
    { sourceId: 0 },
    { sourceId: '7' },
    { sourceUuid: null },
    { start: -1 },
    { end: 2 ** 53 },
    { lines: 1.5 },
    { bodyBytes: undefined },
  ])('with meta %o cannot be opened', (changes) => {
    expect(() => decodeRawEntry(rawEntry(changes))).toThrow(UnopenableEntryError)
  })

  it.each([
    { parserVersion: 32_768 },
    { lineOffsetSum: '-1' },
    { lineOffsetSum: '1'.repeat(41) },
    { days: [0.5] },
    { days: 'all' },
    { firstEventMs: '2024' },
    { reasons: { no_match: -1 } },
    { reasons: [] },
    { rowsCrc32: -1 },
    { deadCrc32: 2 ** 32 },
  ])('with rows and meta %o cannot be opened', (changes) => {
    expect(() => decodeRowsEntry(rowsEntry(changes))).toThrow(UnopenableEntryError)
  })

  it('lacks no part of its rows', () => {
    for (const missing of ['rows', 'dead', 'body']) {
      const parts = { meta: encodeMeta(rowsMeta), rows: 'r', dead: 'd', body: 'b' }
      const rest = Object.fromEntries(Object.entries(parts).filter(([name]) => name !== missing))
      expect(() => decodeRowsEntry(entry(rest))).toThrow(`field ${missing} is missing`)
    }
  })
})
