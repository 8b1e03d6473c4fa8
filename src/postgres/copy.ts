import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyHeader, copyTrailer } from './copy-writer.js'
import { quoteIdentifier } from './identifiers.js'

/** Bytes given to the socket at a time: each piece costs two writes, and small ones would dominate. */
const pieceBytes = 256 * 1024

/**
 * COPYs binary tuples (copy-writer.ts) into a table and returns how many rows the server took. Throws the server's
 * error; the transaction is then aborted.
 */
export async function copyTuples(
  client: PoolClient,
  table: { readonly schema: string; readonly name: string },
  columns: readonly string[],
  tuples: readonly Buffer[],
): Promise<number> {
  const target = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`
  const names = columns.map(quoteIdentifier).join(', ')
  const stream = client.query(copyFrom(`COPY ${target} (${names}) FROM STDIN (FORMAT binary)`))
  await pipeline(Readable.from(pieces(tuples), { objectMode: false, highWaterMark: pieceBytes }), stream)
  return stream.rowCount
}

/** The same, for tuples whose number is known. Throws a TypeError when the server took another one. */
export async function copyExactly(
  client: PoolClient,
  table: { readonly schema: string; readonly name: string },
  columns: readonly string[],
  tuples: readonly Buffer[],
  expected: number,
): Promise<void> {
  const copied = await copyTuples(client, table, columns, tuples)
  // Ledger and rollups would claim what the table does not have.
  if (copied !== expected) throw new TypeError(`${table.name} took ${copied} rows instead of ${expected}`)
}

function* pieces(tuples: readonly Buffer[]): Generator<Buffer> {
  yield copyHeader
  for (const buffer of tuples) {
    for (let at = 0; at < buffer.length; at += pieceBytes) yield buffer.subarray(at, at + pieceBytes)
  }
  yield copyTrailer
}
