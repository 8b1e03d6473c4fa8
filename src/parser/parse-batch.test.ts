import { beforeAll, describe, expect, it } from 'vitest'
import { deadLetterColumns } from '../dead-letters/dead-letter-tuple.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { loadLogTypes } from '../log-types/registry.js'
import { readTuple, tupleOffsets } from '../postgres/read-tuple.js'
import { readInteger } from '../postgres/read-value.js'
import { BatchBodyBuilder } from '../streams/batch-body.js'
import { type BatchMeta, UnopenableEntryError } from '../streams/envelope.js'
import { ParseBuffers, type ParsedBatch, parseBatch } from './parse-batch.js'

let registry: LogTypeRegistry
beforeAll(async () => {
  registry = await loadLogTypes('config/log-types')
})
const buffers = new ParseBuffers()

interface Line {
  readonly text: string
  /** Relative to the chunk; default: right after the line before. */
  readonly offset?: number
  readonly fullBytes?: number
}

function parse(
  logType: string,
  lines: ReadonlyArray<string | Line>,
  start = 0,
  setAside?: 'poison_batch',
): ParsedBatch {
  const builder = new BatchBodyBuilder()
  let next = 0
  for (const line of lines) {
    const { text, offset = next, fullBytes } = typeof line === 'string' ? { text: line } : line
    const bytes = Buffer.from(text, 'latin1')
    builder.add(bytes, 0, bytes.length, offset, fullBytes ?? bytes.length)
    next = offset + (fullBytes ?? bytes.length) + 1
  }
  const body = builder.finish()
  return parseBatch(body, metaOf(logType, lines.length, start), registry.byName(logType), buffers, setAside)
}

function metaOf(logType: string, lines: number, start = 0): BatchMeta {
  return {
    v: 2,
    logType,
    hash: 'ab'.repeat(32),
    chunk: '2b1f3f3e-0000-8000-8000-000000000001',
    sourceId: 7,
    sourceUuid: '2b1f3f3e-0000-4000-8000-000000000001',
    start,
    end: start + 1e6,
    lines,
    content: '00'.repeat(32),
    bodyBytes: 0,
    bodyCrc32: 0,
    cutAtMs: 0,
  }
}

function deadLetters(parsed: ParsedBatch): Array<Record<string, Buffer | null>> {
  return [...tupleOffsets(parsed.dead)].slice(0, -1).map((at) => {
    const fields = readTuple(parsed.dead, at)
    return Object.fromEntries(deadLetterColumns.map((name, index) => [name, fields[index]!]))
  })
}

function rowOffsets(parsed: ParsedBatch): bigint[] {
  return [...tupleOffsets(parsed.rows)].slice(0, -1).map((at) => readInteger(readTuple(parsed.rows, at)[1]!))
}

const dns = (time: string) => `${time} client 10.0.0.1 query: example.com IN A + (10.0.0.2) NOERROR`
const midnight = Date.UTC(2024, 0, 15)
const day = 19_737

describe('a batch of a declared type', () => {
  it('becomes a row or a dead letter of every line, each with its offset in the file', () => {
    const good = dns('2024-01-15T00:00:00Z')
    const bad = dns('yesterday')
    const parsed = parse('dns', [good, bad, `${good}\r`], 1000)
    expect([parsed.rowCount, parsed.deadCount, parsed.reasons]).toEqual([2, 1, { bad_timestamp: 1 }])
    const last = 1000 + good.length + 1 + bad.length + 1
    expect(rowOffsets(parsed)).toEqual([1000n, BigInt(last)])
    expect(parsed.lineOffsetSum).toBe(BigInt(1000 + (1000 + good.length + 1) + last))
    const [letter] = deadLetters(parsed)
    expect(letter?.raw?.toString()).toBe(bad)
    expect(letter?.reason?.toString()).toBe('bad_timestamp')
    expect(letter?.log_type?.toString()).toBe('dns')
    expect(letter?.batch_hash?.toString('hex')).toBe('ab'.repeat(32))
    expect(['source_id', 'line_offset', 'line_bytes'].map((name) => readInteger(letter![name]!))).toEqual([
      7n,
      BigInt(1000 + good.length + 1),
      BigInt(bad.length),
    ])
  })

  it('names the days and the first and last event of its rows, and not those of refused lines', () => {
    const parsed = parse('dns', [
      dns('2024-01-16T00:00:00Z'),
      dns('2024-01-15T23:59:59.999Z'),
      dns('2024-01-15T00:00:00Z'),
      dns('2024-01-16T12:00:00Z'),
      dns('1969-12-31T23:59:59Z'),
      dns('2025-13-01T00:00:00Z'),
    ])
    expect(parsed.days).toEqual([-1, day, day + 1])
    expect([parsed.firstEventMs, parsed.lastEventMs]).toEqual([-1000, midnight + 36 * 3_600_000])
    expect(parsed.rowCount).toBe(5)
  })

  it('without a row has no days and no events', () => {
    const parsed = parse('dns', [dns('never')])
    expect([parsed.days, parsed.firstEventMs, parsed.lastEventMs]).toEqual([[], null, null])
    expect([parsed.rows.length, parsed.lineOffsetSum]).toEqual([0, 0n])
  })

  it('sums offsets exactly where numbers would round', () => {
    const far = 2 ** 52
    const offsets = [0, 2 ** 51, 2 ** 51 + 1001, 2 ** 51 + 2002]
    const text = dns('2024-01-15T00:00:00Z')
    const parsed = parse(
      'dns',
      offsets.map((offset) => ({ text, offset })),
      far,
    )
    const expected = offsets.reduce((sum, offset) => sum + BigInt(offset) + BigInt(far), 0n)
    expect(parsed.lineOffsetSum).toBe(expected)
    expect(rowOffsets(parsed)).toEqual(offsets.map((offset) => BigInt(far) + BigInt(offset)))
  })

  it('ignores a byte order mark at the beginning of the file only, and keeps it in a dead letter', () => {
    const mark = '\xef\xbb\xbf'
    expect(parse('dns', [mark + dns('2024-01-15T00:00:00Z')]).rowCount).toBe(1)
    expect(parse('dns', [mark + dns('2024-01-15T00:00:00Z')], 10).rowCount).toBe(0)
    expect(deadLetters(parse('dns', [mark + dns('x')]))[0]?.raw?.toString('latin1')).toBe(mark + dns('x'))
  })

  it('tells NUL bytes and invalid UTF-8 apart, also among lines that have neither', () => {
    const good = dns('2024-01-15T00:00:00Z')
    const parsed = parse('dns', [good.replace('example', 'exam\0le'), good, good.replace('NO', '\xff')])
    expect(parsed.reasons).toEqual({ nul_byte: 1, invalid_utf8: 1 })
    expect(parsed.rowCount).toBe(1)
    expect(deadLetters(parsed)[1]?.raw?.toString('latin1')).toContain('\xff')
  })

  it('leaves nothing behind in the memory that the next batch uses', () => {
    parse('dns', [dns('2024-01-15T00:00:00Z'), dns('bad')])
    const parsed = parse('dns', [dns('bad')])
    expect([parsed.rows.length, deadLetters(parsed).length]).toEqual([0, 1])
  })
})

describe('the buffers', () => {
  const line = dns('2024-01-15T00:00:00Z')

  it('are what rows are views of, until the next batch', () => {
    const { rows } = parse('dns', [line])
    expect(rows.buffer).toBe(buffers.rows.buffer.buffer)
    expect(rows.equals(Buffer.from(parse('dns', [line]).rows))).toBe(true)
    expect(parse('dns', [dns('2024-01-15T00:00:01Z')]).rows.equals(Buffer.from(rows))).toBe(true)
  })

  it('give the memory back that an unusually large batch has taken', () => {
    parse(
      'unclassified',
      Array.from({ length: 300 }, () => 'x'.repeat(65_536)),
    )
    expect(buffers.dead.buffer.length).toBeGreaterThan(16 * 1024 * 1024)
    expect(parse('dns', [line, 'x']).deadCount).toBe(1)
    expect(buffers.dead.buffer.length).toBeLessThan(1024 * 1024)
  })
})

describe('a batch that no type claims', () => {
  it('is dead letters, by the reason of each', () => {
    const parsed = parse('unclassified', [
      { text: '\xef\xbb\xbf\r' },
      'who knows',
      '',
      '\r',
      { text: 'x'.repeat(100), fullBytes: 1e6 },
    ])
    expect(parsed.reasons).toEqual({ empty_line: 3, no_type: 1, oversize_line: 1 })
    expect([parsed.rowCount, parsed.rows.length]).toEqual([0, 0])
    const oversize = deadLetters(parsed)[4]
    expect([readInteger(oversize!.line_bytes!), oversize?.raw?.length]).toEqual([1_000_000n, 100])
    expect(readInteger(oversize!.parser_version!)).toBe(0n)
  })
})

describe('a poison batch', () => {
  it('is set aside line by line without being parsed', () => {
    const good = dns('2024-01-15T00:00:00Z')
    const parsed = parse('dns', [good, good], 0, 'poison_batch')
    expect([parsed.rowCount, parsed.deadCount, parsed.reasons]).toEqual([0, 2, { poison_batch: 2 }])
    expect(deadLetters(parsed).map(({ raw }) => raw?.toString())).toEqual([good, good])
    expect(parse('unclassified', ['', 'x'], 0, 'poison_batch').reasons).toEqual({ poison_batch: 2 })
  })
})

describe('a batch that is not what its meta says', () => {
  it('cannot be opened', () => {
    const builder = new BatchBodyBuilder()
    builder.add(Buffer.from('x'), 0, 1, 0, 1)
    const body = builder.finish()
    for (const lines of [0, 2]) {
      expect(() => parseBatch(body, metaOf('dns', lines), registry.byName('dns'), buffers)).toThrow(
        UnopenableEntryError,
      )
    }
    expect(() => parseBatch(Buffer.alloc(3), metaOf('dns', 0), undefined, buffers)).toThrow(
      UnopenableEntryError,
    )
  })
})
