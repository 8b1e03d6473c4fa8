import type pg from 'pg'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { type Chunk, fileTimeMsOf, toChunk } from './chunks.js'

type Queryable = Pick<pg.Pool, 'query'>

/** What the ledger and the tables know of one line; times are ISO 8601 UTC. */
export interface TracedSource {
  readonly id: number
  readonly uuid: string
  /** Where it was seen last. */
  readonly path: string
  /** End of the last recorded chunk. */
  readonly recordedBytes: number
}

export interface TracedChunk extends Chunk {
  /** Lines of the source before it. */
  readonly linesBefore: number
  readonly recordedAt: string
  readonly completedAt: string | null
  readonly publishingsAgain: number
  readonly publishedAgainAt: string | null
}

export interface TracedBatch {
  readonly hash: string
  readonly logType: string
  readonly parserVersion: number
  readonly lines: number
  readonly rows: number
  readonly deadLetters: number
  readonly committedAt: string
  readonly reprocessedAt: string | null
  readonly firstEventAt: string | null
  readonly lastEventAt: string | null
}

export interface TracedRow {
  readonly logType: string
  readonly table: string
  /** As PostgreSQL prints them, in the order of the table. */
  readonly columns: Readonly<Record<string, string | null>>
}

export interface TracedDeadLetter {
  readonly id: number
  readonly logType: string
  readonly reason: string
  readonly detail: string | null
  readonly parserVersion: number
  readonly batchHash: string
  readonly setAsideAt: string
  readonly replays: number
  readonly replayedAt: string | null
  readonly droppedAt: string | null
  readonly droppedBecause: string | null
}

export async function selectTracedSource(db: Queryable, sourceId: number): Promise<TracedSource | undefined> {
  const result = await db.query<{
    source_id: number
    source_uuid: string
    path: string
    recorded_bytes: string
  }>('SELECT source_id, source_uuid, path, recorded_bytes FROM sluice.sources WHERE source_id = $1', [
    sourceId,
  ])
  const row = result.rows[0]
  if (row === undefined) return undefined
  const { source_id: id, source_uuid: uuid, path } = row
  return { id, uuid, path, recordedBytes: Number(row.recorded_bytes) }
}

/** The source whose content was seen at a path last. */
export async function selectSourceAtPath(db: Queryable, path: string): Promise<number | undefined> {
  const result = await db.query<{ source_id: number }>(
    `SELECT source_id FROM (
       SELECT source_id, seen_at FROM sluice.files WHERE path = $1
       UNION ALL SELECT source_id, last_seen_at FROM sluice.sources WHERE path = $1) seen
      ORDER BY seen_at DESC, source_id DESC LIMIT 1`,
    [path],
  )
  return result.rows[0]?.source_id
}

/** Where a dead letter's line is. */
export async function selectPlaceOfDeadLetter(
  db: Queryable,
  id: number,
): Promise<{ sourceId: number; offset: number } | undefined> {
  const result = await db.query<{ source_id: number; line_offset: string }>(
    'SELECT source_id, line_offset FROM sluice.dead_letters WHERE dead_letter_id = $1',
    [id],
  )
  const row = result.rows[0]
  return row === undefined ? undefined : { sourceId: row.source_id, offset: Number(row.line_offset) }
}

/** The chunk that a byte, or a line, counted from 1, belongs to. */
export async function selectTracedChunk(
  db: Queryable,
  sourceId: number,
  place: { readonly offset: number } | { readonly number: number },
): Promise<TracedChunk | undefined> {
  const [condition, value] =
    'offset' in place
      ? ['start_offset <= $2 AND $2 < end_offset', place.offset]
      : ['lines_before < $2 AND $2 <= lines_before + lines', place.number]
  const result = await db.query<
    Parameters<typeof toChunk>[0] & {
      lines_before: string
      recorded_at: Date
      completed_at: Date | null
      publishings_again: number
      published_again_at: Date | null
    }
  >(
    `SELECT c.*, s.source_uuid, ${fileTimeMsOf('c')}
       FROM (SELECT *, sum(lines) OVER (ORDER BY start_offset) - lines AS lines_before
               FROM sluice.chunks WHERE source_id = $1) c
       JOIN sluice.sources s USING (source_id)
      WHERE ${condition}`,
    [sourceId, value],
  )
  const row = result.rows[0]
  if (row === undefined) return undefined
  return {
    ...toChunk(row),
    linesBefore: Number(row.lines_before),
    recordedAt: row.recorded_at.toISOString(),
    completedAt: iso(row.completed_at),
    publishingsAgain: row.publishings_again,
    publishedAgainAt: iso(row.published_again_at),
  }
}

/** Those of a chunk's batches that are in the tables. */
export async function selectTracedBatches(db: Queryable, chunkId: string): Promise<TracedBatch[]> {
  const result = await db.query<{
    hash: string
    log_type: string
    parser_version: number
    lines: number
    rows: number
    dead_letters: number
    committed_at: Date
    reprocessed_at: Date | null
    first_event_at: Date | null
    last_event_at: Date | null
  }>(
    `SELECT encode(batch_hash, 'hex') AS hash, log_type, parser_version, lines, rows, dead_letters, committed_at,
            reprocessed_at, first_event_at, last_event_at
       FROM sluice.batches WHERE chunk_id = $1 ORDER BY log_type`,
    [chunkId],
  )
  return result.rows.map((row) => ({
    hash: row.hash,
    logType: row.log_type,
    parserVersion: row.parser_version,
    lines: row.lines,
    rows: row.rows,
    deadLetters: row.dead_letters,
    committedAt: row.committed_at.toISOString(),
    reprocessedAt: iso(row.reprocessed_at),
    firstEventAt: iso(row.first_event_at),
    lastEventAt: iso(row.last_event_at),
  }))
}

/**
 * The rows of a line, one where all is well, in the tables of all types that ever had one. Tables have no index for
 * that: between the times of the line's batches partitions are few, without times everything is read.
 */
export async function selectTracedRows(
  db: Queryable,
  sourceId: number,
  offset: number,
  times: { readonly from: string; readonly to: string } | undefined,
): Promise<TracedRow[]> {
  const types = await db.query<{ name: string; table_name: string }>(
    'SELECT name, table_name FROM sluice.log_types ORDER BY name',
  )
  // The ledger has milliseconds, rows have microseconds.
  const within = `AND "timestamp" >= $3 AND "timestamp" < $4::timestamptz + interval '1 ms'`
  const rows: TracedRow[] = []
  for (const { name, table_name: table } of types.rows) {
    const found = await db.query<{ columns: Array<[string, string | null]> }>(
      `SELECT (SELECT json_agg(json_build_array(key, value)) FROM json_each_text(row_to_json(t))) AS columns
         FROM public.${quoteIdentifier(table)} t
        WHERE source_id = $1 AND line_offset = $2 ${times === undefined ? '' : within}`,
      times === undefined ? [sourceId, offset] : [sourceId, offset, times.from, times.to],
    )
    for (const { columns } of found.rows) {
      rows.push({ logType: name, table, columns: Object.fromEntries(columns) })
    }
  }
  return rows
}

export async function selectTracedDeadLetter(
  db: Queryable,
  sourceId: number,
  offset: number,
): Promise<TracedDeadLetter | undefined> {
  const result = await db.query<{
    dead_letter_id: string
    log_type: string
    reason: string
    detail: string | null
    parser_version: number
    batch_hash: string
    created_at: Date
    replays: number
    replayed_at: Date | null
    dropped_at: Date | null
    dropped_because: string | null
  }>(
    `SELECT dead_letter_id, log_type, reason, detail, parser_version, encode(batch_hash, 'hex') AS batch_hash,
            created_at, replays, replayed_at, dropped_at, dropped_because
       FROM sluice.dead_letters WHERE source_id = $1 AND line_offset = $2 ORDER BY dead_letter_id LIMIT 1`,
    [sourceId, offset],
  )
  const row = result.rows[0]
  if (row === undefined) return undefined
  return {
    id: Number(row.dead_letter_id),
    logType: row.log_type,
    reason: row.reason,
    detail: row.detail,
    parserVersion: row.parser_version,
    batchHash: row.batch_hash,
    setAsideAt: row.created_at.toISOString(),
    replays: row.replays,
    replayedAt: iso(row.replayed_at),
    droppedAt: iso(row.dropped_at),
    droppedBecause: row.dropped_because,
  }
}

function iso(time: Date | null): string | null {
  return time === null ? null : time.toISOString()
}
