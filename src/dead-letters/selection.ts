import type pg from 'pg'
import { fileTimeMsOf } from '../ledger/chunks.js'
import { groupIdOf, signatureBytes, signatureOf } from './signature.js'

type Queryable = Pick<pg.Pool, 'query'>

/** Which dead letters are meant; what is left out does not restrict. */
export interface DeadLetterSelection {
  readonly ids?: readonly number[] | undefined
  readonly logType?: string | undefined
  readonly reason?: string | undefined
  /** A path at which the source was seen, exactly. */
  readonly source?: string | undefined
  /** When they were set aside: from this moment on, to before that one. */
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /** Of groupIdOf. */
  readonly group?: string | undefined
  /** The dropped ones, too. */
  readonly withDropped?: boolean | undefined
  /** Not those with one of these reasons. */
  readonly withoutReasons?: readonly string[] | undefined
}

/** Condition on sluice.dead_letters d, with parameters $1 to $8; all of a selection but its group. */
export const selectionCondition = `
      ($1::bigint[] IS NULL OR d.dead_letter_id = ANY($1))
  AND ($2::text IS NULL OR d.log_type = $2)
  AND ($3::text IS NULL OR d.reason = $3)
  AND ($4::text IS NULL OR d.source_id IN (SELECT source_id FROM sluice.sources WHERE path = $4
                                            UNION SELECT source_id FROM sluice.files WHERE path = $4))
  AND ($5::timestamptz IS NULL OR d.created_at >= $5)
  AND ($6::timestamptz IS NULL OR d.created_at < $6)
  AND ($7 OR d.dropped_at IS NULL)
  AND NOT d.reason = ANY($8::text[])`

export function selectionValues(selection: DeadLetterSelection): unknown[] {
  return [
    selection.ids ?? null,
    selection.logType ?? null,
    selection.reason ?? null,
    selection.source ?? null,
    selection.from ?? null,
    selection.to ?? null,
    selection.withDropped ?? false,
    selection.withoutReasons ?? [],
  ]
}

/** A dead letter as it is in the table, with as much of its line as was asked for. */
export interface StoredLine {
  readonly id: number
  readonly logType: string
  readonly reason: string
  readonly detail: string | null
  readonly sourceId: number
  readonly lineOffset: number
  /** Full length in the file. */
  readonly lineBytes: number
  readonly raw: Buffer
  /** Hex. */
  readonly batchHash: string
  readonly createdAt: Date
  /** When the line's file was written last, as the ledger recorded it; epoch milliseconds. */
  readonly fileTimeMs: number
}

export interface PageLimits {
  readonly lines: number
  /** Of all lines of a page together; one line at least is in it. */
  readonly bytes: number
  /** Of each line so much is read. */
  readonly rawBytes: number
}

export interface LinePage {
  /** Those of the selection. */
  readonly lines: readonly StoredLine[]
  /** Where the next page begins. */
  readonly lastId: number
}

/**
 * Ids looked at for a page, for each line that may be in it. Without this bound, and with statistics that do not know
 * the newest lines yet, each page would sort all that are left. More cost that; fewer cost queries where few fit.
 */
const idsPerLine = 5

/**
 * Lines of the selection with an id above `afterId` and up to `untilId`, in order; undefined when there are no more dead
 * letters. A page can be empty although there are more.
 */
export async function selectLinePage(
  db: Queryable,
  selection: DeadLetterSelection,
  afterId: number,
  untilId: number,
  limits: PageLimits,
): Promise<LinePage | undefined> {
  const first = await db.query<{ id: string | null }>(
    'SELECT min(dead_letter_id) AS id FROM sluice.dead_letters WHERE dead_letter_id > $1 AND dead_letter_id <= $2',
    [afterId, untilId],
  )
  const firstId = first.rows[0]?.id ?? null
  if (firstId === null) return undefined
  // Lines that are named are found by their ids, however many others lie between them.
  const windowEnd =
    selection.ids === undefined ? Math.min(untilId, Number(firstId) + limits.lines * idsPerLine) : untilId
  const result = await db.query<LineRow>(
    `SELECT dead_letter_id, log_type, reason, detail, source_id, line_offset, line_bytes,
            substring(raw FROM 1 FOR $13) AS raw, encode(batch_hash, 'hex') AS batch_hash, created_at,
            coalesce((SELECT ${fileTimeMsOf('c')} FROM sluice.batches b JOIN sluice.chunks c USING (chunk_id)
                       WHERE b.batch_hash = counted.batch_hash), 'NaN') AS file_time_ms
       FROM (SELECT page.*, sum(least(octet_length(raw), $13)) OVER (ORDER BY dead_letter_id)
                              - least(octet_length(raw), $13) AS bytes_before
               FROM (SELECT d.* FROM sluice.dead_letters d
                      WHERE d.dead_letter_id > $9 AND d.dead_letter_id <= $10 AND ${selectionCondition}
                      ORDER BY d.dead_letter_id LIMIT $11) page) counted
      WHERE bytes_before < $12
      ORDER BY dead_letter_id`,
    [...selectionValues(selection), afterId, windowEnd, limits.lines, limits.bytes, limits.rawBytes],
  )
  const { group } = selection
  const lines = result.rows.map(toLine)
  const bytes = lines.reduce((sum, { raw }) => sum + raw.length, 0)
  const isFull = lines.length === limits.lines || bytes >= limits.bytes
  return {
    lines: group === undefined ? lines : lines.filter((line) => groupOf(line).id === group),
    lastId: isFull ? lines.at(-1)!.id : windowEnd,
  }
}

/** What puts a line together with others. */
export function groupOf(line: Pick<StoredLine, 'reason' | 'detail' | 'raw' | 'logType'>): {
  readonly id: string
  readonly signature: string
} {
  const signature = signatureOf(line.reason, line.detail, line.raw.subarray(0, signatureBytes))
  return { id: groupIdOf(line.logType, line.reason, signature), signature }
}

/** The newest dead letter's id; 0 when there is none. What comes later is not part of what was asked for. */
export async function selectNewestId(db: Queryable): Promise<number> {
  const result = await db.query<{ id: string }>(
    'SELECT coalesce(max(dead_letter_id), 0) AS id FROM sluice.dead_letters',
  )
  return Number(result.rows[0]!.id)
}

interface LineRow {
  dead_letter_id: string
  log_type: string
  reason: string
  detail: string | null
  source_id: number
  line_offset: string
  line_bytes: string
  raw: Buffer
  batch_hash: string
  created_at: Date
  file_time_ms: number
}

function toLine(row: LineRow): StoredLine {
  return {
    id: Number(row.dead_letter_id),
    logType: row.log_type,
    reason: row.reason,
    detail: row.detail,
    sourceId: row.source_id,
    lineOffset: Number(row.line_offset),
    lineBytes: Number(row.line_bytes),
    raw: row.raw,
    batchHash: row.batch_hash,
    createdAt: row.created_at,
    fileTimeMs: row.file_time_ms,
  }
}
