import type pg from 'pg'
import { dateArray, int4Array, int8Array, uuidArray } from '../postgres/binary-array.js'

type Queryable = Pick<pg.Pool, 'query'>

/** Lines that are to become rows, in parallel arrays. */
export interface Records {
  readonly length: number
  /** Of each line's timestamp, days since 2000-01-01 (UTC). */
  readonly days: ArrayLike<number>
  /** 16 bytes each, one after the other: of the log type and the line. */
  readonly hashes: Buffer
  readonly sourceIds: ArrayLike<number>
  readonly lineOffsets: ArrayLike<number>
}

/** A line that another source brought before. */
export interface KnownRecord {
  /** Place among the records asked about. */
  readonly index: number
  /** Where the line that became the row is. */
  readonly sourceId: number
  readonly lineOffset: number
}

/** noteRecords where the lines are about to be written, selectKnownRecords for a look only. */
export type FindKnownRecords = (db: Queryable, records: Records) => Promise<KnownRecord[]>

const unnested = `unnest($1::date[], $2::uuid[], $3::int[], $4::bigint[]) WITH ORDINALITY
                    AS r (event_day, record_hash, source_id, line_offset, place)`

/**
 * Notes lines as seen and returns those that a line of another source was noted for before; lines that are equal
 * within one source are not among them. Part of the transaction that writes the rows: no line is noted whose row was
 * not written.
 *
 * In the order of the key: two transactions with the same lines wait for each other in one direction only. Who
 * comes second waits for the first one's end, and then sees what it wrote. A transaction that notes lines of several
 * types does so in the order of their names, and locks what else it needs before.
 */
export async function noteRecords(db: Queryable, records: Records): Promise<KnownRecord[]> {
  if (records.length === 0) return []
  const inserted = await db.query(
    `INSERT INTO sluice.records (event_day, record_hash, source_id, line_offset)
     SELECT event_day, record_hash, source_id, line_offset FROM ${unnested}
      ORDER BY event_day, record_hash, place
     ON CONFLICT DO NOTHING`,
    valuesOf(records),
  )
  if (inserted.rowCount === records.length) return []
  // A statement of its own, which sees what the first had to wait for.
  return selectKnownRecords(db, records)
}

/** Those lines that a line of another source was noted for. */
export async function selectKnownRecords(db: Queryable, records: Records): Promise<KnownRecord[]> {
  if (records.length === 0) return []
  // LATERAL: one look into the index a line, where a planner without statistics would read the table.
  const known = await db.query<{ place: string; source_id: number; line_offset: string }>(
    `SELECT r.place, k.source_id, k.line_offset FROM ${unnested}
      CROSS JOIN LATERAL (
        SELECT source_id, line_offset FROM sluice.records k
         WHERE k.event_day = r.event_day AND k.record_hash = r.record_hash LIMIT 1) k
      WHERE k.source_id <> r.source_id
      ORDER BY r.place`,
    valuesOf(records),
  )
  return known.rows.map((row) => ({
    index: Number(row.place) - 1,
    sourceId: row.source_id,
    lineOffset: Number(row.line_offset),
  }))
}

function valuesOf({ days, hashes, sourceIds, lineOffsets }: Records): Buffer[] {
  return [dateArray(days), uuidArray(hashes), int4Array(sourceIds), int8Array(lineOffsets)]
}
