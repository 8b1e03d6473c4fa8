import type pg from 'pg'
import { type Chunk, type ChunkRow, chunkColumns, toChunk } from './chunks.js'

type Queryable = Pick<pg.Pool, 'query'>

/** Which of the batches in the ledger are meant. The window is that of their rows' timestamps as they are now. */
export interface BatchSelection {
  readonly logType: string
  /** ISO 8601; batches with an event in [from, to). */
  readonly from: string
  readonly to: string
  /** Only batches that a parser older than this version wrote. */
  readonly olderThan?: number | undefined
}

/** A batch that is in the ledger, with its chunk. */
export interface CommittedBatch {
  readonly chunk: Chunk
  readonly lines: number
  readonly parserVersion: number
  /** Its rows were swapped since the time that was asked for. */
  readonly swappedSince: boolean
}

interface CommittedRow extends ChunkRow {
  batch_lines: number
  parser_version: number
  swapped_since: boolean
}

/** `since`: the parameter with the time from which on a swap counts. */
function selectCommitted(since: string): string {
  return `SELECT ${chunkColumns}, b.lines AS batch_lines, b.parser_version,
                 coalesce(b.reprocessed_at >= ${since}::timestamptz, false) AS swapped_since
            FROM sluice.batches b JOIN sluice.chunks c USING (chunk_id) JOIN sluice.sources s USING (source_id)`
}

function toCommittedBatch(row: CommittedRow): CommittedBatch {
  return {
    chunk: toChunk(row),
    lines: row.batch_lines,
    parserVersion: row.parser_version,
    swappedSince: row.swapped_since,
  }
}

/** Events are kept to the millisecond, rows to the microsecond. */
const inSelection = `b.log_type = $1 AND b.first_event_at < $3::timestamptz
                 AND b.last_event_at > $2::timestamptz - interval '1 millisecond'
                 AND ($4::int IS NULL OR b.parser_version < $4)`

function parametersOf({ logType, from, to, olderThan }: BatchSelection): unknown[] {
  return [logType, from, to, olderThan ?? null]
}

/** Batches of the selection behind a place in the order of sources and their chunks; a page of at most `limit`. */
export async function selectCommittedBatches(
  db: Queryable,
  selection: BatchSelection,
  after: { readonly sourceId: number; readonly start: number },
  since: string,
  limit: number,
): Promise<CommittedBatch[]> {
  const result = await db.query<CommittedRow>(
    `${selectCommitted('$7')}
      WHERE ${inSelection} AND (c.source_id, c.start_offset) > ($5::int, $6::bigint)
      ORDER BY c.source_id, c.start_offset LIMIT $8`,
    [...parametersOf(selection), after.sourceId, after.start, since, limit],
  )
  return result.rows.map(toCommittedBatch)
}

export interface BatchCount {
  readonly batches: number
  readonly lines: number
}

function toCount({ batches, lines }: { batches: string; lines: string }): BatchCount {
  return { batches: Number(batches), lines: Number(lines) }
}

export async function countCommittedBatches(db: Queryable, selection: BatchSelection): Promise<BatchCount> {
  const result = await db.query<{ batches: string; lines: string }>(
    `SELECT count(*) AS batches, coalesce(sum(b.lines), 0) AS lines FROM sluice.batches b WHERE ${inSelection}`,
    parametersOf(selection),
  )
  return toCount(result.rows[0]!)
}

/** Batches of the type, whenever read, none of whose lines is a row: they have no time. */
export async function countBatchesWithoutTime(
  db: Queryable,
  { logType, olderThan }: BatchSelection,
): Promise<BatchCount> {
  const result = await db.query<{ batches: string; lines: string }>(
    `SELECT count(*) AS batches, coalesce(sum(lines), 0) AS lines FROM sluice.batches
      WHERE log_type = $1 AND first_event_at IS NULL AND ($2::int IS NULL OR parser_version < $2)`,
    [logType, olderThan ?? null],
  )
  return toCount(result.rows[0]!)
}

/** The chunk's batch of a type as it is now; undefined when the chunk does not have one in the ledger any more. */
export async function selectCommittedBatch(
  db: Queryable,
  chunkId: string,
  logType: string,
  since: string,
): Promise<CommittedBatch | undefined> {
  const result = await db.query<CommittedRow>(
    `${selectCommitted('$3')}
      WHERE c.chunk_id = $1 AND b.log_type = $2`,
    [chunkId, logType, since],
  )
  return result.rows.map(toCommittedBatch)[0]
}
