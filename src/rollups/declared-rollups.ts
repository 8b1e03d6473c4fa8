import type pg from 'pg'
import type { Rollup } from '../log-types/declaration/rollup.js'

type Queryable = Pick<pg.Pool, 'query'>

/** A rollup and whose rows it counts. */
export interface RollupOfTable extends Rollup {
  readonly logType: string
  readonly table: string
}

/** A rollup as the database has it. */
export interface DeclaredRollup extends RollupOfTable {
  /** It has the rows from before it was declared. */
  readonly filled: boolean
}

/** All rollups that the database has, by type and name. */
export async function selectRollups(db: Queryable): Promise<DeclaredRollup[]> {
  const result = await db.query<RollupRow & { filled: boolean }>(
    `SELECT r.log_type, t.table_name, r.name, r.key_columns, r.conditions, f.name IS NOT NULL AS filled
       FROM sluice.rollups r JOIN sluice.log_types t ON t.name = r.log_type
       LEFT JOIN sluice.filled_rollups f ON f.name = r.name
      ORDER BY r.log_type, cardinality(r.key_columns), r.name`,
  )
  return result.rows.map((row) => ({ ...toRollup(row), filled: row.filled }))
}

/**
 * What is to be counted of rows of a table. For a transaction that has written to the table, locked it, or holds the
 * lock of compaction: a rollup is declared and dropped under locks that wait for these, so this is the same until the
 * end of the transaction.
 */
export async function selectCountedRollups(client: Queryable, table: string): Promise<RollupOfTable[]> {
  const result = await client.query<RollupRow>(
    `SELECT r.log_type, t.table_name, r.name, r.key_columns, r.conditions
       FROM sluice.rollups r JOIN sluice.log_types t ON t.name = r.log_type
      WHERE t.table_name = $1 ORDER BY r.name`,
    [table],
  )
  return result.rows.map(toRollup)
}

interface RollupRow {
  log_type: string
  table_name: string
  name: string
  key_columns: string[]
  conditions: Record<string, string>
}

function toRollup(row: RollupRow): RollupOfTable {
  const { log_type: logType, table_name: table, name, key_columns: keys, conditions: where } = row
  return { logType, table, name, keys, where }
}
