import type pg from 'pg'
import { batchArrays, batchFields, batchParameters, type LedgerBatch } from './batches.js'
import { type Chunk, linesOfBatches } from './chunks.js'

type Client = Pick<pg.PoolClient, 'query'>

/** What the ledger says of a batch whose rows are about to be swapped. */
export interface BatchBefore {
  readonly hash: string
  readonly logType: string
  readonly parserVersion: number
  readonly lines: number
  readonly rows: number
  readonly deadLetters: number
  readonly swappedSince: boolean
}

/**
 * Locks a chunk and returns its batches as they are recorded now. Indexers that commit some of them hold the chunk
 * until they are through, so what the next statement sees is whole.
 */
export async function lockChunk(client: Client, chunkId: string): Promise<Chunk['batches'] | undefined> {
  const result = await client.query<{ batches: Chunk['batches'] }>(
    'SELECT batches FROM sluice.chunks WHERE chunk_id = $1 FOR UPDATE',
    [chunkId],
  )
  return result.rows[0]?.batches
}

/** The batches of a chunk that are in the ledger, or the one of `logType`; locked in the order of their hashes. */
export async function selectBatchesBefore(
  client: Client,
  chunkId: string,
  logType: string | undefined,
  since: string,
  lock: 'lock' | 'look',
): Promise<BatchBefore[]> {
  const result = await client.query<{
    hash: string
    log_type: string
    parser_version: number
    lines: number
    rows: number
    dead_letters: number
    swapped_since: boolean
  }>(
    `SELECT encode(batch_hash, 'hex') AS hash, log_type, parser_version, lines, rows, dead_letters,
            coalesce(reprocessed_at >= $3::timestamptz, false) AS swapped_since
       FROM sluice.batches WHERE chunk_id = $1 AND ($2::text IS NULL OR log_type = $2)
      ORDER BY batch_hash ${lock === 'lock' ? 'FOR UPDATE' : ''}`,
    [chunkId, logType ?? null, since],
  )
  return result.rows.map((row) => ({
    hash: row.hash,
    logType: row.log_type,
    parserVersion: row.parser_version,
    lines: row.lines,
    rows: row.rows,
    deadLetters: row.dead_letters,
    swappedSince: row.swapped_since,
  }))
}

/** A batch as it is after the swap, in the chunk that it was in. */
export type SwappedBatch = Omit<LedgerBatch, 'chunkId' | 'sourceId'>

/** Writes what batches are after their swap: those that the ledger has are changed, others are new to it. */
export async function upsertSwappedBatches(
  client: Client,
  chunkId: string,
  batches: readonly SwappedBatch[],
): Promise<void> {
  await client.query(
    `INSERT INTO sluice.batches (batch_hash, chunk_id, log_type, parser_version, lines, rows, dead_letters,
                                 line_offset_sum, first_event_at, last_event_at, committed_at, reprocessed_at)
     SELECT b.hash, $10, b.log_type, b.parser_version, b.lines, b.rows, b.dead_letters, b.line_offset_sum,
            to_timestamp(b.first_event), to_timestamp(b.last_event),
            -- Its lines came into the tables with the batches that it replaces.
            (SELECT max(committed_at) FROM sluice.batches WHERE chunk_id = $10), now()
       FROM unnest(${batchArrays}) AS b (${batchFields})
     ON CONFLICT (batch_hash) DO UPDATE
        SET parser_version = excluded.parser_version, rows = excluded.rows, dead_letters = excluded.dead_letters,
            first_event_at = excluded.first_event_at, last_event_at = excluded.last_event_at,
            reprocessed_at = excluded.reprocessed_at`,
    [...batchParameters(batches), chunkId],
  )
}

/** Replaces what a chunk was cut into, after upsertSwappedBatches; batches that it has no more leave the ledger. */
export async function replaceSwappedBatches(
  client: Client,
  chunkId: string,
  batches: Chunk['batches'],
): Promise<void> {
  const hashes = Object.values(batches).map(({ hash }) => Buffer.from(hash, 'hex'))
  await client.query('DELETE FROM sluice.batches WHERE chunk_id = $1 AND batch_hash <> ALL ($2::bytea[])', [
    chunkId,
    hashes,
  ])
  await client.query('UPDATE sluice.chunks SET batches = $2, lines = $3 WHERE chunk_id = $1', [
    chunkId,
    JSON.stringify(batches),
    linesOfBatches(batches),
  ])
}
