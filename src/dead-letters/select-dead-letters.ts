import type pg from 'pg'

/** Dead letters of one type and reason. */
export interface DeadLetterGroup {
  readonly logType: string
  readonly reason: string
  readonly lines: number
  readonly firstAt: string
  readonly lastAt: string
  readonly sampleId: number
}

export interface DeadLetterFilter {
  readonly logType?: string | undefined
  readonly reason?: string | undefined
}

export interface DeadLetter {
  readonly id: number
  readonly logType: string
  readonly reason: string
  readonly detail: string | null
  readonly path: string
  readonly lineOffset: number
  /** Full length; raw may hold less of an oversize line. */
  readonly lineBytes: number
  readonly raw: Buffer
  readonly parserVersion: number
  readonly createdAt: string
}

export async function selectDeadLetterGroups(pool: pg.Pool): Promise<DeadLetterGroup[]> {
  const result = await pool.query<{
    log_type: string
    reason: string
    lines: string
    first_at: Date
    last_at: Date
    sample_id: string
  }>(
    `SELECT log_type, reason, count(*) AS lines, min(created_at) AS first_at, max(created_at) AS last_at,
            min(dead_letter_id) AS sample_id
       FROM sluice.dead_letters GROUP BY log_type, reason ORDER BY lines DESC, log_type, reason`,
  )
  return result.rows.map((row) => ({
    logType: row.log_type,
    reason: row.reason,
    lines: Number(row.lines),
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    sampleId: Number(row.sample_id),
  }))
}

const columns = `d.dead_letter_id, d.log_type, d.reason, d.detail, coalesce(s.path, '') AS path, d.line_offset,
                 d.line_bytes, d.parser_version, d.created_at`

interface DeadLetterRow {
  dead_letter_id: string
  log_type: string
  reason: string
  detail: string | null
  path: string
  line_offset: string
  line_bytes: string
  raw: Buffer
  parser_version: number
  created_at: Date
}

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  return {
    id: Number(row.dead_letter_id),
    logType: row.log_type,
    reason: row.reason,
    detail: row.detail,
    path: row.path,
    lineOffset: Number(row.line_offset),
    lineBytes: Number(row.line_bytes),
    raw: row.raw,
    parserVersion: row.parser_version,
    createdAt: row.created_at.toISOString(),
  }
}

/** The newest dead letters that fit the filter, with the first `rawBytes` bytes of each line. */
export async function selectDeadLetters(
  pool: pg.Pool,
  filter: DeadLetterFilter,
  limit: number,
  rawBytes: number,
): Promise<DeadLetter[]> {
  const result = await pool.query<DeadLetterRow>(
    `SELECT ${columns}, substring(d.raw FROM 1 FOR $4) AS raw
       FROM sluice.dead_letters d LEFT JOIN sluice.sources s USING (source_id)
      WHERE ($1::text IS NULL OR d.log_type = $1) AND ($2::text IS NULL OR d.reason = $2)
      ORDER BY d.dead_letter_id DESC LIMIT $3`,
    [filter.logType ?? null, filter.reason ?? null, limit, rawBytes],
  )
  return result.rows.map(toDeadLetter)
}

export async function selectDeadLetter(pool: pg.Pool, id: number): Promise<DeadLetter | undefined> {
  const result = await pool.query<DeadLetterRow>(
    `SELECT ${columns}, d.raw FROM sluice.dead_letters d LEFT JOIN sluice.sources s USING (source_id)
      WHERE d.dead_letter_id = $1`,
    [id],
  )
  return result.rows[0] === undefined ? undefined : toDeadLetter(result.rows[0])
}
