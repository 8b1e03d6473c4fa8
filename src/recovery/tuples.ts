import type { Batch } from '../indexer/commit.js'
import { readTupleInt8, tupleOffsets } from '../postgres/read-tuple.js'
import { visitLines } from '../streams/batch-body.js'

/** Place of line_offset in the tuples of rows (LogType.copyColumns) and of dead letters (deadLetterColumns). */
const rowOffsetField = 1
const deadOffsetField = 2

/** The offsets in the source of a batch's lines. */
export function lineOffsetsOf(body: Buffer, chunkStart: number): number[] {
  const offsets: number[] = []
  visitLines(body, (_start, _end, offset) => offsets.push(chunkStart + offset))
  return offsets
}

/** The offsets of the lines that became rows. */
export function rowOffsetsOf(rows: Buffer): number[] {
  const starts = tupleOffsets(rows)
  return Array.from(starts.subarray(0, -1), (start) => readTupleInt8(rows, start, rowOffsetField))
}

/** The batch without some of its lines, which stay what they are: not parsed again. */
export function leaveOut<B extends Batch>(batch: B, lineOffsets: ReadonlySet<number>): B {
  if (lineOffsets.size === 0) return batch
  const rows = keep(batch.rows, rowOffsetField, lineOffsets)
  const dead = keep(batch.dead, deadOffsetField, lineOffsets)
  const meta = { ...batch.meta, rows: rows.count, deadLetters: dead.count }
  return { ...batch, meta, rows: rows.tuples, dead: dead.tuples }
}

function keep(
  tuples: Buffer,
  field: number,
  leftOut: ReadonlySet<number>,
): { tuples: Buffer; count: number } {
  const starts = tupleOffsets(tuples)
  const kept: Buffer[] = []
  for (let i = 0; i + 1 < starts.length; i++) {
    if (leftOut.has(readTupleInt8(tuples, starts[i]!, field))) continue
    kept.push(tuples.subarray(starts[i]!, starts[i + 1]!))
  }
  return { tuples: Buffer.concat(kept), count: kept.length }
}
