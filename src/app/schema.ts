import { createHash } from 'node:crypto'
import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import type { LogType } from '../log-types/log-type.js'
import { createTableSql, logsViewSql } from '../log-types/tables/ddl.js'
import { selectTableColumns } from '../log-types/tables/table-columns.js'
import { quoteIdentifier, quoteLiteral } from '../postgres/identifiers.js'
import { checkSchema, migrate } from '../postgres/migrations.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { applyRollups } from '../rollups/apply-rollups.js'
import { rollupSchema } from '../rollups/rollup-sql.js'
import { changeTable } from './table-changes.js'

export interface MigrationResult {
  /** Names of the migrations that were applied now. */
  readonly migrations: readonly string[]
  /** Log types whose table was created now. */
  readonly createdTables: readonly string[]
  /** Columns that tables were given now, as `table.column`. */
  readonly addedColumns: readonly string[]
  /** Rollups that were made or filled now. */
  readonly filledRollups: readonly string[]
}

/** Brings the schema up: the ledger by its migrations, the tables of the log types by their declarations. */
export async function migrateSchema(pool: pg.Pool, types: readonly LogType[]): Promise<MigrationResult> {
  const createdTables: string[] = []
  const addedColumns: string[] = []
  let filledRollups: string[] = []
  const migrations = await migrate(pool, async (client) => {
    const existing = await client.query<{ name: string; table_name: string; version: number }>(
      'SELECT name, table_name, version FROM sluice.log_types',
    )
    const applied = new Map(existing.rows.map((row) => [row.name, row]))
    for (const type of types) refuseOtherTable(type, applied.get(type.name)?.table_name)
    for (const type of types) {
      const version = applied.get(type.name)?.version
      if (version === undefined) continue
      // Of two versions that are at work side by side the newer one says what the table is to be.
      const added = await changeTable(client, type, type.version < version ? 'leave' : 'refuse')
      addedColumns.push(...added.map((column) => `${type.table}.${column}`))
    }
    await client.query('BEGIN')
    for (const type of types.filter(({ name, version }) => (applied.get(name)?.version ?? 0) < version)) {
      if (!applied.has(type.name)) createdTables.push(type.table)
      await client.query(createTableSql(type))
      await client.query(
        `INSERT INTO sluice.log_types (name, table_name, version) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, applied_at = now()`,
        [type.name, type.table, type.version],
      )
    }
    await replaceView(client, logsViewSql(types))
    await client.query('COMMIT')
    filledRollups = await applyRollups(pool, types)
  })
  return { migrations, createdTables, addedColumns, filledRollups }
}

/** Replaces the view `logs` where it is not this one yet: readers wait for that, so it is not done for nothing. */
async function replaceView(client: pg.PoolClient, sql: string): Promise<void> {
  const mark = `sluice ${createHash('sha256').update(sql).digest('hex')}`
  const found = await client.query<{ mark: string | null }>(
    `SELECT obj_description(to_regclass('public.logs'), 'pg_class') AS mark`,
  )
  if (found.rows[0]?.mark === mark) return
  await client.query(sql)
  await client.query(`COMMENT ON VIEW public.logs IS ${quoteLiteral(mark)}`)
}

/**
 * Gives the tables the columns that these declarations have beyond them: a process that starts with a newer declaration
 * does not have to wait for `migrate`. What the tables have beyond the declarations may be of a newer version.
 * @throws SluiceError SLUICE_LOG_TYPE_INVALID, SLUICE_TABLE_LOCKED
 */
export async function addColumns(pool: pg.Pool, types: readonly LogType[]): Promise<string[]> {
  const client = await pool.connect()
  try {
    const added: string[] = []
    for (const type of types) {
      const columns = await changeTable(client, type, 'leave')
      added.push(...columns.map((column) => `${type.table}.${column}`))
    }
    return added
  } finally {
    client.release()
  }
}

/** For who must not change anything. @throws SluiceError SLUICE_SCHEMA_MISSING when a table lacks a declared column. */
export async function requireColumns(pool: pg.Pool, types: readonly LogType[]): Promise<void> {
  for (const type of types) {
    const present = await selectTableColumns(pool, type.table)
    const missing = type.columns.find(({ name }) => !present.has(name))
    if (missing === undefined) continue
    throw new SluiceError(
      'SLUICE_SCHEMA_MISSING',
      `log type ${type.name} has a column that its table lacks`,
      {
        expected: `table ${type.table} with ${missing.name}`,
      },
    )
  }
}

function refuseOtherTable(type: LogType, table: string | undefined): void {
  if (table === undefined || table === type.table) return
  throw new SluiceError('SLUICE_LOG_TYPE_INVALID', `log type ${type.name} cannot move to another table`, {
    expected: `table: ${table}, where its rows are`,
    got: `table: ${type.table}`,
    hint: 'Keep the table, or declare a new type under another name.',
  })
}

/** @throws SluiceError SLUICE_SCHEMA_MISSING, SLUICE_SCHEMA_NEWER, SLUICE_POSTGRES_UNREACHABLE */
export async function requireSchema(pool: pg.Pool, types: readonly LogType[]): Promise<void> {
  try {
    await compareSchema(pool, types)
  } catch (cause) {
    if (cause instanceof SluiceError || classifyFailure(cause).kind !== 'retry') throw cause
    // It was there a moment ago.
    throw new SluiceError('SLUICE_POSTGRES_UNREACHABLE', 'PostgreSQL does not answer', {
      expected: 'a PostgreSQL at DATABASE_URL',
      cause,
    })
  }
}

async function compareSchema(pool: pg.Pool, types: readonly LogType[]): Promise<void> {
  await checkSchema(pool)
  const result = await pool.query<{ name: string }>('SELECT name FROM sluice.log_types')
  const applied = new Set(result.rows.map((row) => row.name))
  const missing = types.find((type) => !applied.has(type.name))
  if (missing !== undefined) {
    throw new SluiceError('SLUICE_SCHEMA_MISSING', `log type ${missing.name} has no table yet`, {
      expected: `table ${missing.table}`,
    })
  }
}

/**
 * Removes everything of Sluice's from the database: tables of log types, the view, the ledger. Returns the names of
 * the log types that there were.
 */
export async function dropSchema(pool: pg.Pool): Promise<string[]> {
  const exists = await pool.query<{ exists: boolean }>(
    `SELECT to_regclass('sluice.log_types') IS NOT NULL AS exists`,
  )
  const types = exists.rows[0]?.exists
    ? (
        await pool.query<{ name: string; table_name: string }>(
          'SELECT name, table_name FROM sluice.log_types',
        )
      ).rows
    : []
  // The view only if it is ours: another application's `logs` is not for us to drop.
  if (types.length > 0) await pool.query('DROP VIEW IF EXISTS public.logs')
  for (const { table_name: table } of types) {
    await pool.query(`DROP TABLE IF EXISTS public.${quoteIdentifier(table)} CASCADE`)
  }
  await pool.query('DROP SCHEMA IF EXISTS sluice_partitions CASCADE')
  await pool.query('DROP SCHEMA IF EXISTS sluice_detached CASCADE')
  // With the views in public that are made of it.
  await pool.query(`DROP SCHEMA IF EXISTS ${rollupSchema} CASCADE`)
  await pool.query('DROP SCHEMA IF EXISTS sluice CASCADE')
  return types.map(({ name }) => name)
}
