import type pg from 'pg'

/** A partition of a table of schema `public`. */
export interface ListedPartition {
  readonly schema: string
  readonly name: string
  /** As the statistics have it; -1: there are none yet. */
  readonly estimatedRows: number
  /** Of 8 KiB, of the rows alone. */
  readonly blocks: number
}

/**
 * SQL: rows of a table of `pg_class`, as the planner estimates them: rows a page the last time they were counted, times
 * the pages of now; NULL when they never were.
 */
export function estimatedRows(alias: string): string {
  return `CASE WHEN pg_relation_size(${alias}.oid) = 0 THEN 0
               WHEN ${alias}.reltuples >= 0 AND ${alias}.relpages > 0
               THEN round(${alias}.reltuples / ${alias}.relpages
                          * (pg_relation_size(${alias}.oid) / current_setting('block_size')::int)) END::float8`
}

/** The partitions of a table, the newest day first, the default partition last. */
export async function listPartitions(
  db: Pick<pg.Pool, 'query'>,
  table: string,
): Promise<readonly ListedPartition[]> {
  const result = await db.query<{ schema: string; name: string; rows: number; blocks: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, c.reltuples::float8 AS rows,
            pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks
       FROM pg_inherits i
       JOIN pg_class parent ON parent.oid = i.inhparent
       JOIN pg_class c ON c.oid = i.inhrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE parent.relnamespace = 'public'::regnamespace AND parent.relname = $1
      ORDER BY pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', c.relname DESC`,
    [table],
  )
  return result.rows.map((row) => ({
    schema: row.schema,
    name: row.name,
    estimatedRows: row.rows,
    blocks: Number(row.blocks),
  }))
}
