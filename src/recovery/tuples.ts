import { deadLetterOffsetField } from '../dead-letters/dead-letter-tuple.js'
import type { Batch } from '../indexer/commit.js'
import { lineOffsetField } from '../log-types/log-type.js'
import { readTupleInt8, tupleOffsets, withoutTuples } from '../postgres/read-tuple.js'
import { visitLines } from '../streams/batch-body.js'

/** The offsets in the source of a batch's lines. */
export function lineOffsetsOf(body: Buffer, chunkStart: number): number[] {
  const offsets: number[] = []
  visitLines(body, (_start, _end, offset) => offsets.push(chunkStart + offset))
  return offsets
}

/** The offsets of the lines that became rows. */
export function rowOffsetsOf(rows: Buffer): number[] {
  const starts = tupleOffsets(rows)
  return Array.from(starts.subarray(0, -1), (start) => readTupleInt8(rows, start, lineOffsetField))
}

/** The batch without some of its lines, which stay what they are: not parsed again. */
export function leaveOut<B extends Batch>(batch: B, lineOffsets: ReadonlySet<number>): B {
  if (lineOffsets.size === 0) return batch
  const rows = withoutLines(batch.rows, lineOffsetField, lineOffsets)
  const dead = withoutLines(batch.dead, deadLetterOffsetField, lineOffsets)
  const meta = { ...batch.meta, rows: rows.count, deadLetters: dead.count }
  return { ...batch, meta, rows: rows.tuples, dead: dead.tuples }
}

function withoutLines(tuples: Buffer, offsetField: number, lineOffsets: ReadonlySet<number>) {
  const starts = tupleOffsets(tuples)
  return withoutTuples(tuples, starts, (index) =>
    lineOffsets.has(readTupleInt8(tuples, starts[index]!, offsetField)),
  )
}
