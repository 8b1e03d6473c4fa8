import type pg from 'pg'
import {
  type DeadLetterSelection,
  groupOf,
  type StoredLine,
  selectionCondition,
  selectionValues,
  selectLinePage,
  selectNewestId,
} from './selection.js'

/** A dead letter with all that is known of it. */
export interface DeadLetter extends Omit<StoredLine, 'fileTimeMs'> {
  readonly path: string
  readonly parserVersion: number
  /** Replays after which it still was no row. */
  readonly replays: number
  readonly replayedAt: Date | null
  readonly droppedAt: Date | null
  readonly droppedBecause: string | null
}

interface DeadLetterRow {
  dead_letter_id: string
  log_type: string
  reason: string
  detail: string | null
  path: string
  source_id: number
  line_offset: string
  line_bytes: string
  raw: Buffer
  parser_version: number
  batch_hash: string
  created_at: Date
  replays: number
  replayed_at: Date | null
  dropped_at: Date | null
  dropped_because: string | null
}

const columns = `d.dead_letter_id, d.log_type, d.reason, d.detail, coalesce(s.path, '') AS path, d.source_id,
                 d.line_offset, d.line_bytes, d.parser_version, encode(d.batch_hash, 'hex') AS batch_hash,
                 d.created_at, d.replays, d.replayed_at, d.dropped_at, d.dropped_because`

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  return {
    id: Number(row.dead_letter_id),
    logType: row.log_type,
    reason: row.reason,
    detail: row.detail,
    path: row.path,
    sourceId: row.source_id,
    lineOffset: Number(row.line_offset),
    lineBytes: Number(row.line_bytes),
    raw: row.raw,
    parserVersion: row.parser_version,
    batchHash: row.batch_hash,
    createdAt: row.created_at,
    replays: row.replays,
    replayedAt: row.replayed_at,
    droppedAt: row.dropped_at,
    droppedBecause: row.dropped_because,
  }
}

/** The newest dead letters of the selection, with the first `rawBytes` bytes of each line. */
export async function selectDeadLetters(
  pool: pg.Pool,
  selection: DeadLetterSelection,
  limit: number,
  rawBytes: number,
): Promise<DeadLetter[]> {
  const chosen =
    selection.group === undefined
      ? selection
      : { ...selection, ids: await selectNewestOfGroup(pool, selection, limit, rawBytes) }
  const result = await pool.query<DeadLetterRow>(
    `SELECT ${columns}, substring(d.raw FROM 1 FOR $10) AS raw
       FROM sluice.dead_letters d LEFT JOIN sluice.sources s USING (source_id)
      WHERE ${selectionCondition}
      ORDER BY d.dead_letter_id DESC LIMIT $9`,
    [...selectionValues(chosen), limit, rawBytes],
  )
  return result.rows.map(toDeadLetter)
}

/** Which lines are of a group is not known to the server. */
async function selectNewestOfGroup(
  pool: pg.Pool,
  selection: DeadLetterSelection,
  limit: number,
  rawBytes: number,
): Promise<number[]> {
  let ids: number[] = []
  const newestId = await selectNewestId(pool)
  for (let afterId = 0; ; ) {
    const page = await selectLinePage(pool, selection, afterId, newestId, {
      lines: 10_000,
      bytes: 8 * 1024 * 1024,
      rawBytes,
    })
    if (page === undefined) return ids
    afterId = page.lastId
    ids = [...ids, ...page.lines.map(({ id }) => id)].slice(-limit)
  }
}

export async function selectDeadLetter(pool: pg.Pool, id: number): Promise<DeadLetter | undefined> {
  const result = await pool.query<DeadLetterRow>(
    `SELECT ${columns}, d.raw FROM sluice.dead_letters d LEFT JOIN sluice.sources s USING (source_id)
      WHERE d.dead_letter_id = $1`,
    [id],
  )
  return result.rows[0] === undefined ? undefined : toDeadLetter(result.rows[0])
}

/** Group and signature of a dead letter that was read whole. */
export function describeGroup(letter: DeadLetter): { readonly group: string; readonly signature: string } {
  const { id, signature } = groupOf(letter)
  return { group: id, signature }
}
