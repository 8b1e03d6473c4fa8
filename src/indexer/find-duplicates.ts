import { hash } from 'node:crypto'
import type pg from 'pg'
import { type FindKnownRecords, noteRecords } from '../ledger/records.js'
import { type LogType, lineOffsetField, sourceIdField } from '../log-types/log-type.js'
import { readTupleInt8 } from '../postgres/read-tuple.js'
import { recordHashBytes } from './line-hashes.js'
import { describeDuplicate, eventDayOf } from './record-dedup.js'

/** A line that is to become a row, apart from its batch. */
export interface LineAndRow {
  /** As it stands in the file, without its newline. */
  readonly line: Buffer
  /** One binary COPY tuple for the type's table. */
  readonly tuple: Buffer
}

/**
 * As setDuplicatesAside, for rows that do not come as a batch: notes the lines and returns, by place, the detail of
 * the dead letter that each one is to be which another source brought before.
 */
export async function findDuplicates(
  db: Pick<pg.Pool, 'query'>,
  type: LogType,
  rows: readonly LineAndRow[],
  findKnown: FindKnownRecords = noteRecords,
): Promise<Map<number, string>> {
  const hashes = Buffer.allocUnsafe(rows.length * recordHashBytes)
  const prefix = Buffer.from(`${type.name}\0`)
  rows.forEach(({ line }, index) => {
    const sha256 = hash('sha256', Buffer.concat([prefix, line]), 'binary')
    hashes.write(sha256, index * recordHashBytes, recordHashBytes, 'latin1')
  })
  const known = await findKnown(db, {
    length: rows.length,
    days: rows.map(({ tuple }) => eventDayOf(type, tuple)),
    hashes,
    sourceIds: rows.map(({ tuple }) => readTupleInt8(tuple, 0, sourceIdField)),
    lineOffsets: rows.map(({ tuple }) => readTupleInt8(tuple, 0, lineOffsetField)),
  })
  return new Map(known.map((record) => [record.index, describeDuplicate(record)]))
}
