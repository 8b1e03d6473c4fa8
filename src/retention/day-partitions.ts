import type pg from 'pg'

type Queryable = Pick<pg.Pool, 'query'>

export interface TablePartition {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** UTC, ISO date; null for the default partition, and for one that somebody made for other than one day. */
  readonly day: string | null
  readonly isDefault: boolean
}

/** The day comes from the bounds, not from the name: what is taken away has to be exactly that. */
const partitionsOf = `
  SELECT oid, schema, name, expression = 'DEFAULT' AS "isDefault",
         CASE WHEN lower AT TIME ZONE 'UTC' = date_trunc('day', lower AT TIME ZONE 'UTC')
               AND upper AT TIME ZONE 'UTC' = (lower AT TIME ZONE 'UTC') + interval '1 day'
              THEN to_char(lower AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS day
    FROM (SELECT c.oid, n.nspname AS schema, c.relname AS name, bound.expression,
                 (regexp_match(bound.expression, 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz AS lower,
                 (regexp_match(bound.expression, 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS upper
            FROM pg_inherits
            JOIN pg_class parent ON parent.oid = inhparent
            JOIN pg_class c ON c.oid = inhrelid AND c.relkind = 'r'
            JOIN pg_namespace n ON n.oid = c.relnamespace
           CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS expression) bound
           WHERE parent.relnamespace = 'public'::regnamespace AND parent.relname = $1) found`

/** In the order of their days, the default partition last. */
export async function selectPartitions(db: Queryable, table: string): Promise<TablePartition[]> {
  const result = await db.query<TablePartition>(`${partitionsOf} ORDER BY "isDefault", day, name`, [table])
  return result.rows
}

export async function selectDayPartition(
  db: Queryable,
  table: string,
  day: string,
): Promise<TablePartition | undefined> {
  return (await selectPartitions(db, table)).find((partition) => partition.day === day)
}
