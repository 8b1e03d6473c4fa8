import type pg from 'pg'
import type { RetentionGoal } from '../log-types/declaration/retention-schema.js'
import { quoteIdentifier } from '../postgres/identifiers.js'

type Queryable = Pick<pg.Pool, 'query'>

/** Schema of the tables of detached days. */
export const DETACHED_SCHEMA = 'sluice_detached'

export type ExpiredState = 'detached' | 'dropped' | 'exported' | 'restored'

/** Rows of one day that left the table of their type together. */
export interface ExpiredDay {
  readonly id: number
  readonly logType: string
  readonly table: string
  /** UTC, ISO date. */
  readonly day: string
  readonly goal: RetentionGoal
  readonly state: ExpiredState
  /** In the schema sluice_detached; null unless the state is 'detached'. */
  readonly detachedTable: string | null
  /** null while they are not counted. */
  readonly rows: number | null
  readonly file: ColdFile | null
  /** ISO 8601 UTC. */
  readonly detachedAt: string
}

/** A file of exported rows. Bytes and hash are null until it is complete. */
export interface ColdFile {
  readonly directory: string
  readonly name: string
  readonly bytes: number | null
  /** Hexadecimal. */
  readonly sha256: string | null
}

/** Rows of one source and the sum of their offsets: what the proof needs of rows that are gone. */
export interface SourceRows {
  readonly sourceId: number
  readonly rows: bigint
  readonly lineOffsetSum: bigint
}

/**
 * Keeps days where they are while somebody proves the ledger, which sees one state of the rows, but always the present
 * state of the tables. Whoever moves rows out of a type's table or back takes it until COMMIT, before any other lock.
 */
const expiryLock = `hashtextextended('sluice expiry', 0)`

/** In a transaction that moves days. */
export async function lockExpiry(client: Queryable): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${expiryLock})`)
}

/** Of the session, since in a transaction the lock would come after the snapshot. */
export async function holdDays(client: Queryable): Promise<void> {
  await client.query(`SELECT pg_advisory_lock_shared(${expiryLock})`)
}

export async function releaseDays(client: Queryable): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock_shared(${expiryLock})`)
}

/** Reads in one snapshot of all rows, with every day where it is. */
export async function withDaysHeld<T>(
  pool: pg.Pool,
  read: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let failure: unknown = new Error('not finished')
  try {
    await holdDays(client)
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const result = await read(client)
    await client.query('COMMIT')
    await releaseDays(client)
    failure = undefined
    return result
  } finally {
    // The lock and the transaction of one that failed end with its connection.
    client.release(failure !== undefined)
  }
}

export interface ExpiredDayFilter {
  readonly logType?: string | undefined
  readonly day?: string | undefined
  readonly id?: number | undefined
  readonly states: readonly ExpiredState[]
}

/** The oldest days first, of a day what left first. */
export async function selectExpiredDays(db: Queryable, filter: ExpiredDayFilter): Promise<ExpiredDay[]> {
  const result = await db.query<{
    id: string
    log_type: string
    table_name: string
    day: string
    goal: RetentionGoal
    state: ExpiredState
    detached_table: string | null
    rows: string | null
    file_directory: string | null
    file_name: string | null
    file_bytes: string | null
    file_sha256: string | null
    detached_at: Date
  }>(
    `SELECT expired_day_id AS id, log_type, table_name, to_char(event_day, 'YYYY-MM-DD') AS day, goal, state,
            detached_table, rows, file_directory, file_name, file_bytes, encode(file_sha256, 'hex') AS file_sha256,
            detached_at
       FROM sluice.expired_days
      WHERE state = ANY ($1) AND ($2::text IS NULL OR log_type = $2) AND ($3::date IS NULL OR event_day = $3)
        AND ($4::bigint IS NULL OR expired_day_id = $4)
      ORDER BY event_day, expired_day_id`,
    [filter.states, filter.logType ?? null, filter.day ?? null, filter.id ?? null],
  )
  return result.rows.map((row) => ({
    id: Number(row.id),
    logType: row.log_type,
    table: row.table_name,
    day: row.day,
    goal: row.goal,
    state: row.state,
    detachedTable: row.detached_table,
    rows: row.rows === null ? null : Number(row.rows),
    file:
      row.file_directory === null || row.file_name === null
        ? null
        : {
            directory: row.file_directory,
            name: row.file_name,
            bytes: row.file_bytes === null ? null : Number(row.file_bytes),
            sha256: row.file_sha256,
          },
    detachedAt: row.detached_at.toISOString(),
  }))
}

/** Numbers a day that is about to be detached. */
export async function nextExpiredDayId(client: Queryable): Promise<number> {
  const result = await client.query<{ id: string }>(
    `SELECT nextval(pg_get_serial_sequence('sluice.expired_days', 'expired_day_id')) AS id`,
  )
  return Number(result.rows[0]!.id)
}

export interface DetachedDay {
  readonly id: number
  readonly logType: string
  readonly table: string
  readonly day: string
  readonly goal: RetentionGoal
  readonly detachedTable: string
}

export async function insertDetachedDay(client: Queryable, day: DetachedDay): Promise<void> {
  await client.query(
    `INSERT INTO sluice.expired_days (expired_day_id, log_type, table_name, event_day, goal, detached_table)
     OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6)`,
    [day.id, day.logType, day.table, day.day, day.goal, day.detachedTable],
  )
}

export async function updateGoal(db: Queryable, id: number, goal: RetentionGoal): Promise<void> {
  await db.query(
    `UPDATE sluice.expired_days SET goal = $2 WHERE expired_day_id = $1 AND state = 'detached'`,
    [id, goal],
  )
}

/** Before a file is written; one that was noted already stays. Returns what is noted. */
export async function noteFile(
  db: Queryable,
  id: number,
  file: Pick<ColdFile, 'directory' | 'name'>,
): Promise<Pick<ColdFile, 'directory' | 'name'>> {
  const result = await db.query<{ directory: string; name: string }>(
    `UPDATE sluice.expired_days
        SET file_directory = $2,
            file_name = CASE WHEN file_directory = $2 THEN file_name ELSE $3 END
      WHERE expired_day_id = $1
     RETURNING file_directory AS directory, file_name AS name`,
    [id, file.directory, file.name],
  )
  return result.rows[0]!
}

interface SourceRowsRow {
  source_id: number
  rows: string
  offsets: string
}

function toSourceRows({ source_id, rows, offsets }: SourceRowsRow): SourceRows {
  return { sourceId: source_id, rows: BigInt(rows), lineOffsetSum: BigInt(offsets) }
}

/** Rows of all sources together. */
export function countRows(sources: readonly SourceRows[]): number {
  return Number(sources.reduce((sum, { rows }) => sum + rows, 0n))
}

/** What a detached table holds of each source. */
export async function countDetached(client: Queryable, detachedTable: string): Promise<SourceRows[]> {
  const result = await client.query<SourceRowsRow>(
    `SELECT source_id, count(*) AS rows, sum(line_offset) AS offsets
       FROM ${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable)} GROUP BY source_id`,
  )
  return result.rows.map(toSourceRows)
}

/** The rows of a detached day are about to go: from now on the ledger has their counts. In the same transaction. */
export async function markGone(
  client: Queryable,
  id: number,
  counted: readonly SourceRows[],
  file: { readonly bytes: number; readonly sha256: string } | undefined,
): Promise<void> {
  await client.query(
    `INSERT INTO sluice.expired_rows (expired_day_id, source_id, rows, line_offset_sum)
     SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::numeric[])`,
    [
      id,
      counted.map(({ sourceId }) => sourceId),
      counted.map(({ rows }) => String(rows)),
      counted.map(({ lineOffsetSum }) => String(lineOffsetSum)),
    ],
  )
  await client.query(
    `UPDATE sluice.expired_days
        SET state = $2, detached_table = NULL, rows = $3, ended_at = now(), file_bytes = $4,
            file_sha256 = decode($5, 'hex'),
            file_directory = CASE WHEN $2 = 'exported' THEN file_directory END,
            file_name = CASE WHEN $2 = 'exported' THEN file_name END
      WHERE expired_day_id = $1`,
    [
      id,
      file === undefined ? 'dropped' : 'exported',
      countRows(counted),
      file?.bytes ?? null,
      file?.sha256 ?? null,
    ],
  )
}

export async function selectExpiredRows(db: Queryable, id: number): Promise<SourceRows[]> {
  const result = await db.query<SourceRowsRow>(
    'SELECT source_id, rows, line_offset_sum AS offsets FROM sluice.expired_rows WHERE expired_day_id = $1',
    [id],
  )
  return result.rows.map(toSourceRows)
}

/** The rows are in their table again. In the same transaction. */
export async function markRestored(
  client: Queryable,
  id: number,
  rows: number,
  keepDays: number,
): Promise<void> {
  await client.query('DELETE FROM sluice.expired_rows WHERE expired_day_id = $1', [id])
  await client.query(
    `UPDATE sluice.expired_days
        SET state = 'restored', detached_table = NULL, rows = $2, restored_at = now(),
            keep_until = now() + $3 * interval '1 day'
      WHERE expired_day_id = $1`,
    [id, rows, keepDays],
  )
}

/** Days of a type that retention leaves alone for now, since somebody restored them. */
export async function selectKeptDays(db: Queryable, logType: string): Promise<Set<string>> {
  const result = await db.query<{ day: string }>(
    `SELECT DISTINCT to_char(event_day, 'YYYY-MM-DD') AS day FROM sluice.expired_days
      WHERE log_type = $1 AND keep_until > now()`,
    [logType],
  )
  return new Set(result.rows.map(({ day }) => day))
}

/** Days, within these times, of which rows of any type are gone or detached; ISO dates. */
export async function selectExpiredWithin(
  db: Queryable,
  { from, until }: { readonly from: string; readonly until: string },
): Promise<string[]> {
  const result = await db.query<{ day: string }>(
    `SELECT DISTINCT to_char(event_day, 'YYYY-MM-DD') AS day FROM sluice.expired_days
      WHERE state <> 'restored'
        AND event_day BETWEEN ($1::timestamptz AT TIME ZONE 'UTC')::date AND ($2::timestamptz AT TIME ZONE 'UTC')::date
      ORDER BY day`,
    [from, until],
  )
  return result.rows.map(({ day }) => day)
}
