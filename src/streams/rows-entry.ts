import { createHash } from 'node:crypto'
import { compressBlock, uncompressBlock } from './compression.js'
import { decodeRowsEntry, type RowsMeta, UnopenableEntryError } from './envelope.js'

/** Largest uncompressed part of an entry that is accepted; what the reader cuts is far below. */
export const maxPartBytes = 256 * 1024 * 1024

/** A parsed batch on its way: tuples compressed, the batch body as the reader made it. */
export interface PackedRows {
  readonly rows: Buffer
  readonly dead: Buffer
  readonly digest: string
}

export async function packRows(rows: Buffer, dead: Buffer, body: Buffer): Promise<PackedRows> {
  const [packedRows, packedDead] = await Promise.all([compressBlock(rows), compressBlock(dead)])
  return { rows: packedRows, dead: packedDead, digest: digestOf(packedRows, packedDead, body) }
}

/** An entry that was verified but is still compressed: what waits for its turn need not be large. */
export interface OpenedRows {
  readonly meta: RowsMeta
  /** The batch body, compressed: only needed when Postgres refuses a row. */
  readonly body: Buffer
  /** @throws UnopenableEntryError */
  uncompress(): Promise<{ readonly rows: Buffer; readonly dead: Buffer }>
}

/** @throws UnopenableEntryError */
export function openRows(fields: readonly Buffer[]): OpenedRows {
  const { meta, rows, dead, body } = decodeRowsEntry(fields)
  if (digestOf(rows, dead, body) !== meta.digest) throw new UnopenableEntryError('digest differs')
  if (meta.rows + meta.deadLetters !== meta.lines) {
    throw new UnopenableEntryError(
      `${meta.rows} rows and ${meta.deadLetters} dead letters of ${meta.lines} lines`,
    )
  }
  return {
    meta,
    body,
    async uncompress() {
      const [rowTuples, deadTuples] = await Promise.all([
        uncompressBlock(rows, meta.rowsBytes, maxPartBytes),
        uncompressBlock(dead, meta.deadBytes, maxPartBytes),
      ])
      return { rows: rowTuples, dead: deadTuples }
    },
  }
}

function digestOf(rows: Buffer, dead: Buffer, body: Buffer): string {
  return createHash('sha256').update(rows).update(dead).update(body).digest('hex')
}
