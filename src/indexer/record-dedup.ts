import type pg from 'pg'
import { originOf, writeDeadLetter } from '../dead-letters/dead-letter-tuple.js'
import { type FindKnownRecords, type KnownRecord, noteRecords } from '../ledger/records.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import { type LogType, lineOffsetField, sourceIdField } from '../log-types/log-type.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTupleField, readTupleInt8, tupleOffsets, withoutTuples } from '../postgres/read-tuple.js'
import { toEpochMs } from '../postgres/read-value.js'
import { type CommitMeta, withoutRows } from './commit-meta.js'
import { type LineHashes, recordHashBytes } from './line-hashes.js'

/** A batch whose rows are to be compared with what other sources brought. */
export interface HashedBatch {
  readonly meta: CommitMeta
  readonly rows: Buffer
  readonly dead: Buffer
  readonly copyColumns?: readonly string[] | undefined
  /** Of the lines of its body; has those of all rows. */
  readonly lineHashes: LineHashes
}

const dayMicros = 86_400_000_000n

/** The rows of a batch, in parallel arrays. */
interface BatchRows {
  readonly batch: HashedBatch
  /** Where the tuples begin; one more, where the last ends. */
  readonly tuples: Uint32Array
  readonly count: number
  /** Of each row, its line's place among the hashes. */
  readonly lines: Uint32Array
  /** Microseconds since 2000-01-01. */
  readonly timestamps: BigInt64Array
}

/**
 * The batches without the rows whose line, on the day of its timestamp, is known from another source: these are dead
 * letters. The lines of all others are noted as seen. Part of the transaction that writes the rows, after everything
 * that it locks and before COPY; the order of the batches decides which of them has the row where two sources bring a
 * line in one transaction. A batch without duplicates is returned as it is.
 */
export async function setDuplicatesAside<T extends HashedBatch>(
  client: pg.PoolClient,
  type: LogType,
  batches: readonly T[],
  findKnown: FindKnownRecords = noteRecords,
): Promise<T[]> {
  const all = batches.map((batch) => readRows(batch, type))
  const known = await findKnown(client, recordsOf(all))
  let first = 0
  let next = 0
  return batches.map((batch, index) => {
    const rows = all[index]!
    const duplicates: KnownRecord[] = []
    while (next < known.length && known[next]!.index < first + rows.count) {
      duplicates.push({ ...known[next]!, index: known[next]!.index - first })
      next++
    }
    first += rows.count
    return duplicates.length === 0 ? batch : { ...batch, ...withoutDuplicates(rows, duplicates) }
  })
}

function readRows(batch: HashedBatch, type: LogType): BatchRows {
  const { rows, lineHashes } = batch
  const timestampField = (batch.copyColumns ?? type.copyColumns).indexOf(PARTITION_KEY)
  const tuples = tupleOffsets(rows)
  const count = tuples.length - 1
  const lines = new Uint32Array(count)
  const timestamps = new BigInt64Array(count)
  let line = 0
  for (let index = 0; index < count; index++) {
    const offset = readTupleInt8(rows, tuples[index]!, lineOffsetField)
    // Both in the order of the file; between the rows' lines are those of dead letters.
    while (line < lineHashes.offsets.length && lineHashes.offsets[line]! < offset) line++
    if (lineHashes.offsets[line] !== offset)
      throw new TypeError(`no line at ${offset} for a row of the batch`)
    lines[index] = line
    timestamps[index] = readTimestamp(rows, tuples[index]!, timestampField)
  }
  return { batch, tuples, count, lines, timestamps }
}

function recordsOf(all: readonly BatchRows[]) {
  const length = all.reduce((sum, { count }) => sum + count, 0)
  const days = new Int32Array(length)
  const hashes = Buffer.allocUnsafe(length * recordHashBytes)
  const sourceIds = new Int32Array(length)
  const lineOffsets = new Float64Array(length)
  let at = 0
  for (const { batch, tuples, count, lines, timestamps } of all) {
    for (let index = 0; index < count; index++, at++) {
      const line = lines[index]!
      days[at] = dayOf(timestamps[index]!)
      batch.lineHashes.hashes.copy(
        hashes,
        at * recordHashBytes,
        line * recordHashBytes,
        (line + 1) * recordHashBytes,
      )
      sourceIds[at] = readTupleInt8(batch.rows, tuples[index]!, sourceIdField)
      lineOffsets[at] = batch.lineHashes.offsets[line]!
    }
  }
  return { length, days, hashes, sourceIds, lineOffsets }
}

/** Day of a row's timestamp, since 2000-01-01 (UTC). */
export function eventDayOf(type: LogType, tuple: Buffer): number {
  return dayOf(readTimestamp(tuple, 0, type.copyColumns.indexOf(PARTITION_KEY)))
}

/** Microseconds since 2000-01-01. */
function readTimestamp(tuples: Buffer, tupleStart: number, field: number): bigint {
  const timestamp = readTupleField(tuples, tupleStart, field)
  if (timestamp === null) throw new TypeError('a row has no timestamp')
  return timestamp.readBigInt64BE()
}

function dayOf(micros: bigint): number {
  const day = micros / dayMicros
  return Number(micros < 0n && day * dayMicros !== micros ? day - 1n : day)
}

function withoutDuplicates(
  { batch, tuples, count, lines, timestamps }: BatchRows,
  duplicates: readonly KnownRecord[],
): Pick<HashedBatch, 'meta' | 'rows' | 'dead'> {
  const { meta, rows, dead, lineHashes } = batch
  const writer = new CopyWriter()
  const origin = originOf(meta, meta.parserVersion)
  for (const duplicate of duplicates) {
    const line = lines[duplicate.index]!
    writeDeadLetter(
      writer,
      origin,
      {
        // Its bytes are in two files and, taken apart, in the row of the other: they are not kept once more.
        bytes: noBytes,
        start: 0,
        end: 0,
        offset: lineHashes.offsets[line]!,
        fullBytes: lineHashes.bytes[line]!,
      },
      'duplicate_record',
      describeDuplicate(duplicate),
    )
  }
  const isDuplicate = new Uint8Array(count)
  for (const { index } of duplicates) isDuplicate[index] = 1
  let first: bigint | undefined
  let last: bigint | undefined
  for (let index = 0; index < count; index++) {
    if (isDuplicate[index] === 1) continue
    const timestamp = timestamps[index]!
    if (first === undefined || timestamp < first) first = timestamp
    if (last === undefined || timestamp > last) last = timestamp
  }
  return {
    meta: {
      ...withoutRows(meta, duplicates.length, 'duplicate_record'),
      firstEventMs: first === undefined ? null : toEpochMs(first),
      lastEventMs: last === undefined ? null : toEpochMs(last),
    },
    rows: withoutTuples(rows, tuples, (index) => isDuplicate[index] === 1).tuples,
    dead: Buffer.concat([dead, writer.take()]),
  }
}

/** A dead letter's detail. */
export function describeDuplicate({ sourceId, lineOffset }: KnownRecord): string {
  return `seen first in source ${sourceId} at byte ${lineOffset}`
}

const noBytes = Buffer.alloc(0)
