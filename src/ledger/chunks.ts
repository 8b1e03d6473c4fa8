import { createHash } from 'node:crypto'
import type pg from 'pg'
import { inTransaction } from '../postgres/pool.js'
import { sum } from './sum.js'

type Queryable = Pick<pg.Pool, 'query'>

/** What the ledger knows of a chunk: enough to verify it, and to publish it again exactly as it was. */
export interface Chunk {
  readonly id: string
  readonly sourceId: number
  readonly sourceUuid: string
  /** Byte range in the (decompressed) source. */
  readonly start: number
  readonly end: number
  readonly lines: number
  readonly contentSha256: Buffer
  /** When its file was written last, as it was when the chunk was cut; epoch milliseconds. */
  readonly fileTimeMs: number
  /** By log type: the batches that it was cut into. */
  readonly batches: Readonly<Record<string, { readonly hash: string; readonly lines: number }>>
}

/**
 * The id of a chunk follows from what it is, so that recording it again after the database was set back gives the
 * same id, and entries still in flight stay good.
 */
export function chunkId(sourceUuid: string, start: number, end: number, contentSha256: Buffer): string {
  const digest = createHash('sha256')
    .update(`sluice chunk 1\0${sourceUuid}\0${start}\0${end}\0`)
    .update(contentSha256)
    .digest()
  // Version 8: custom (RFC 9562).
  digest[6] = (digest[6]! & 0x0f) | 0x80
  digest[8] = (digest[8]! & 0x3f) | 0x80
  const hex = digest.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * Records a chunk if it begins where the last recorded one ends, in one statement. False: it does not, because
 * somebody else recorded, the database was set back, or the source is gone; nothing was written.
 */
export async function recordChunk(db: Queryable, chunk: Chunk): Promise<boolean> {
  const result = await db.query(
    `WITH advanced AS (
       UPDATE sluice.sources SET recorded_bytes = $5
        WHERE source_id = $2 AND source_uuid = $3 AND recorded_bytes = $4
        RETURNING source_id)
     INSERT INTO sluice.chunks (chunk_id, source_id, start_offset, end_offset, lines, content_sha256, batches,
                                file_time)
     SELECT $1, source_id, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000) FROM advanced`,
    [
      chunk.id,
      chunk.sourceId,
      chunk.sourceUuid,
      chunk.start,
      chunk.end,
      chunk.lines,
      chunk.contentSha256,
      JSON.stringify(chunk.batches),
      chunk.fileTimeMs,
    ],
  )
  return result.rowCount === 1
}

export interface ChunkRow {
  chunk_id: string
  source_id: number
  source_uuid: string
  start_offset: string
  end_offset: string
  lines: number
  content_sha256: Buffer
  batches: Chunk['batches']
  file_time_ms: number
}

/** A chunk that was cut before file times were recorded has the time of its recording: that is at least always the same. */
export function fileTimeMsOf(alias: string): string {
  return `(extract(epoch FROM coalesce(${alias}.file_time, ${alias}.recorded_at)) * 1000)::float8 AS file_time_ms`
}

/** Of `sluice.chunks c` and `sluice.sources s`, for toChunk. */
export const chunkColumns = `c.chunk_id, c.source_id, s.source_uuid, c.start_offset, c.end_offset, c.lines,
                             c.content_sha256, c.batches, ${fileTimeMsOf('c')}`

export function toChunk(row: ChunkRow): Chunk {
  return {
    id: row.chunk_id,
    sourceId: row.source_id,
    sourceUuid: row.source_uuid,
    start: Number(row.start_offset),
    end: Number(row.end_offset),
    lines: row.lines,
    contentSha256: row.content_sha256,
    fileTimeMs: row.file_time_ms,
    batches: row.batches,
  }
}

/** Whether two descriptions name the same batches: the same lines under the same types. */
export function sameBatches(a: Chunk['batches'], b: Chunk['batches']): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name]?.hash === b[name]?.hash)
}

/** What is one line by some declarations can be several by others (`multiline`): the batches say how many there are. */
export function linesOfBatches(batches: Chunk['batches']): number {
  return sum(Object.values(batches), ({ lines }) => lines)
}

/** Recorded chunks of a source from an offset on, in order; a page of at most `limit`. */
export async function selectChunksFrom(
  db: Queryable,
  sourceUuid: string,
  start: number,
  limit: number,
): Promise<Chunk[]> {
  const result = await db.query<ChunkRow>(
    `SELECT ${chunkColumns} FROM sluice.chunks c JOIN sluice.sources s USING (source_id)
      WHERE s.source_uuid = $1 AND c.start_offset >= $2 ORDER BY c.start_offset LIMIT $3`,
    [sourceUuid, start, limit],
  )
  return result.rows.map(toChunk)
}

/**
 * Marks the chunks of these sources whose batches are all in the ledger; returns how many. A chunk that an indexer has
 * locked is left for the next time: to wait for several of them, each held by another, ends in a deadlock.
 */
export async function markCompleteChunks(db: Queryable, sourceUuids: readonly string[]): Promise<number> {
  const result = await db.query(
    `WITH complete AS (
       SELECT c.chunk_id FROM sluice.chunks c
        WHERE c.completed_at IS NULL
          AND c.source_id IN (SELECT source_id FROM sluice.sources WHERE source_uuid = ANY($1::uuid[]))
          AND c.lines = (SELECT coalesce(sum(b.lines), 0) FROM sluice.batches b WHERE b.chunk_id = c.chunk_id)
          FOR NO KEY UPDATE OF c SKIP LOCKED)
     UPDATE sluice.chunks c SET completed_at = now() FROM complete WHERE c.chunk_id = complete.chunk_id`,
    [sourceUuids],
  )
  return result.rowCount ?? 0
}

export interface IncompleteChunk extends Chunk {
  readonly publishingsAgain: number
  /** Since it was recorded, or last published again. */
  readonly ageMs: number
}

/**
 * Incomplete chunks of these sources, in order; any `limit` of them when there are more, so that those which nothing
 * can be done for do not hide the others for ever.
 */
export async function selectIncompleteChunks(
  db: Queryable,
  sourceUuids: readonly string[],
  limit: number,
): Promise<IncompleteChunk[]> {
  const result = await db.query<ChunkRow & { publishings_again: number; age_ms: number }>(
    `WITH chosen AS (
       SELECT c.chunk_id FROM sluice.chunks c JOIN sluice.sources s USING (source_id)
        WHERE c.completed_at IS NULL AND s.source_uuid = ANY($1::uuid[])
        ORDER BY random() LIMIT $2)
     SELECT ${chunkColumns}, c.publishings_again,
            (extract(epoch FROM now() - coalesce(c.published_again_at, c.recorded_at)) * 1000)::float8 AS age_ms
       FROM chosen JOIN sluice.chunks c USING (chunk_id) JOIN sluice.sources s USING (source_id)
      ORDER BY c.source_id, c.start_offset`,
    [sourceUuids, limit],
  )
  return result.rows.map((row) => ({
    ...toChunk(row),
    publishingsAgain: row.publishings_again,
    ageMs: row.age_ms,
  }))
}

/** How many chunks of these sources are incomplete, and how many of them were published again so often or more. */
export async function countIncompleteChunks(
  db: Queryable,
  sourceUuids: readonly string[],
  publishings: number,
): Promise<{ incomplete: number; published: number }> {
  const result = await db.query<{ incomplete: number; published: number }>(
    `SELECT count(*)::int AS incomplete, (count(*) FILTER (WHERE c.publishings_again >= $2))::int AS published
       FROM sluice.chunks c JOIN sluice.sources s USING (source_id)
      WHERE c.completed_at IS NULL AND s.source_uuid = ANY($1::uuid[])`,
    [sourceUuids, publishings],
  )
  return result.rows[0]!
}

export async function countPublishingAgain(db: Queryable, chunkId: string): Promise<void> {
  await db.query(
    `UPDATE sluice.chunks
        SET publishings_again = publishings_again + 1, published_again_at = now()
      WHERE chunk_id = $1`,
    [chunkId],
  )
}

/**
 * Replaces the batches of a chunk of which nothing is in the ledger yet: the declarations changed between its
 * recording and its publishing. False when a batch was committed meanwhile.
 */
export async function replaceBatches(
  pool: pg.Pool,
  chunkId: string,
  batches: Chunk['batches'],
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    // Waits for indexers that hold the chunk; the next statement then sees what they committed.
    await client.query('SELECT FROM sluice.chunks WHERE chunk_id = $1 FOR UPDATE', [chunkId])
    const result = await client.query(
      `UPDATE sluice.chunks c SET batches = $2, lines = $3
        WHERE c.chunk_id = $1 AND NOT EXISTS (SELECT FROM sluice.batches b WHERE b.chunk_id = c.chunk_id)`,
      [chunkId, JSON.stringify(batches), linesOfBatches(batches)],
    )
    return result.rowCount === 1
  })
}
