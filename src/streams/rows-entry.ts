import { crc32 } from 'node:zlib'
import { compressBlock, uncompressBlock } from './compression.js'
import { decodeRowsEntry, type RowsMeta, UnopenableEntryError } from './envelope.js'

/** Largest uncompressed part of an entry that is accepted; what the reader cuts is far below. */
export const maxPartBytes = 256 * 1024 * 1024

/** Binary COPY tuples on their way, compressed, and what the meta says of them. */
export interface PackedRows {
  readonly rows: Buffer
  readonly dead: Buffer
  readonly checks: Pick<RowsMeta, 'rowsBytes' | 'rowsCrc32' | 'deadBytes' | 'deadCrc32'>
}

export function packRows(rows: Buffer, dead: Buffer): PackedRows {
  const packedRows = compressBlock(rows)
  const packedDead = compressBlock(dead)
  return {
    rows: packedRows,
    dead: packedDead,
    checks: {
      rowsBytes: rows.length,
      rowsCrc32: crc32(packedRows),
      deadBytes: dead.length,
      deadCrc32: crc32(packedDead),
    },
  }
}

/** An entry that was verified but is still compressed: what waits for its turn need not be large. */
export interface OpenedRows {
  readonly meta: RowsMeta
  /** The batch body, compressed: only needed when Postgres refuses a row. */
  readonly body: Buffer
  /** @throws UnopenableEntryError */
  uncompress(): { readonly rows: Buffer; readonly dead: Buffer }
}

/** @throws UnopenableEntryError */
export function openRows(fields: readonly Buffer[]): OpenedRows {
  const { meta, rows, dead, body } = decodeRowsEntry(fields)
  requireCrc32('rows', rows, meta.rowsCrc32)
  requireCrc32('dead', dead, meta.deadCrc32)
  requireCrc32('body', body, meta.bodyCrc32)
  if (meta.rows + meta.deadLetters !== meta.lines) {
    throw new UnopenableEntryError(
      `${meta.rows} rows and ${meta.deadLetters} dead letters of ${meta.lines} lines`,
    )
  }
  return {
    meta,
    body,
    uncompress: () => ({
      rows: uncompressBlock(rows, meta.rowsBytes, maxPartBytes),
      dead: uncompressBlock(dead, meta.deadBytes, maxPartBytes),
    }),
  }
}

/** @throws UnopenableEntryError */
export function requireCrc32(name: string, part: Buffer, expected: number): void {
  if (crc32(part) !== expected) throw new UnopenableEntryError(`${name}: checksum differs`)
}
