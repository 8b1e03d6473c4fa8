import type pg from 'pg'
import { quoteIdentifier } from '../../postgres/identifiers.js'

/** A column as the table has it. */
export interface TableColumn {
  readonly name: string
  /** As PostgreSQL writes it. */
  readonly type: string
  readonly required: boolean
}

/** The columns of a table by name, in its order; empty when there is no such table. */
export async function selectTableColumns(
  db: Pick<pg.Pool, 'query'>,
  table: string,
  schema = 'public',
): Promise<Map<string, TableColumn>> {
  const result = await db.query<TableColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [`${quoteIdentifier(schema)}.${quoteIdentifier(table)}`],
  )
  return new Map(result.rows.map((row) => [row.name, row]))
}

/** PostgreSQL's name of the type of a declared column (Column.type). */
export function shownType(type: string): string {
  return type === 'timestamptz' ? 'timestamp with time zone' : type
}
