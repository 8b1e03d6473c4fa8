import { expect, it } from 'vitest'
import { deadLetterColumns } from '../dead-letters/dead-letter-tuple.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTuple, tupleOffsets } from '../postgres/read-tuple.js'
import { readInteger } from '../postgres/read-value.js'
import { BatchBodyBuilder } from '../streams/batch-body.js'
import type { Batch } from './commit.js'
import { type RefusedRow, setRowsAside } from './refused-rows.js'

const start = 5000
const texts = ['row zero', 'dead already', 'row one', 'row two']

/** Four lines ten bytes apart: three rows, and one dead letter between them. */
function fixture(): { batch: Batch; body: Buffer } {
  const builder = new BatchBodyBuilder()
  const rows = new CopyWriter()
  texts.forEach((text, index) => {
    const bytes = Buffer.from(text)
    builder.add(bytes, 0, bytes.length, index * 20, bytes.length)
    if (index === 1) return
    rows.beginTuple(3)
    rows.writeInt4(7)
    rows.writeInt8(start + index * 20)
    rows.writeInt2(1)
  })
  const body = builder.finish()
  const meta: Batch['meta'] = {
    logType: 'dns',
    hash: 'ab'.repeat(32),
    chunk: '2b1f3f3e-0000-8000-8000-000000000001',
    sourceId: 7,
    start,
    lines: 4,
    parserVersion: 3,
    rows: 3,
    deadLetters: 1,
    lineOffsetSum: String(3 * start + 100),
    days: [1],
    firstEventMs: 0,
    lastEventMs: 0,
    reasons: { no_match: 1 },
  }
  return { batch: { meta, rows: rows.take(), dead: Buffer.from('') }, body }
}

const refusal = (index: number, line: number, message = 'out of range'): RefusedRow => ({
  index,
  lineOffset: start + line * 20,
  sqlstate: '22003',
  message,
})

function rowOffsets({ rows }: Batch): number[] {
  return [...tupleOffsets(rows)].slice(0, -1).map((at) => Number(readInteger(readTuple(rows, at)[1]!)))
}

function deadLetters({ dead }: Batch): Array<Record<string, Buffer | null>> {
  return [...tupleOffsets(dead)].slice(0, -1).map((at) => {
    const fields = readTuple(dead, at)
    return Object.fromEntries(deadLetterColumns.map((name, index) => [name, fields[index]!]))
  })
}

it('turns refused rows into dead letters of their lines, and counts and sums anew', () => {
  const { batch, body } = fixture()
  const rest = setRowsAside(batch, [refusal(0, 0), refusal(2, 3)], body)
  expect(rest.meta).toEqual({
    ...batch.meta,
    rows: 1,
    deadLetters: 3,
    reasons: { no_match: 1, refused_by_postgres: 2 },
  })
  expect(rowOffsets(rest)).toEqual([start + 40])
  expect(deadLetters(rest).map(({ raw, reason, detail }) => [`${raw}`, `${reason}`, `${detail}`])).toEqual([
    ['row zero', 'refused_by_postgres', '22003 out of range'],
    ['row two', 'refused_by_postgres', '22003 out of range'],
  ])
  expect(readInteger(deadLetters(rest)[1]!.line_offset!)).toBe(BigInt(start + 60))
  expect(readInteger(deadLetters(rest)[1]!.parser_version!)).toBe(3n)
})

it('keeps a batch of which nothing is refused, and can set all of one aside', () => {
  const { batch, body } = fixture()
  expect(rowOffsets(setRowsAside(batch, [], body))).toEqual([start, start + 40, start + 60])
  const none = setRowsAside(batch, [refusal(0, 0), refusal(1, 2), refusal(2, 3)], body)
  expect([none.rows.length, none.meta.rows]).toEqual([0, 0])
  expect(deadLetters(none)).toHaveLength(3)
})

it('keeps of the message what fits, without NUL', () => {
  const { batch, body } = fixture()
  const rest = setRowsAside(batch, [refusal(1, 2, `value \0${'x'.repeat(1000)}`)], body)
  expect(deadLetters(rest)[0]?.detail?.toString()).toBe(`22003 value ${'x'.repeat(294)}`)
})
