import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { findPackageRoot } from '../settings/package-root.js'

const migrationsDirectory = join(findPackageRoot(), 'schema', 'migrations')

/** Any number that nothing else on the server uses: whoever migrates holds this advisory lock. */
const migrationLock = 7_315_822_004

const table = { migrationsSchema: 'sluice', migrationsTable: 'migrations' } as const

/**
 * Brings the schema up, one process at a time: others wait and then find nothing to do. `afterwards` runs under
 * the same lock, for what is derived from declarations and not from files.
 * Returns the names of the migrations that were applied.
 * @throws SluiceError SLUICE_SCHEMA_NEWER; then nothing was touched.
 */
export async function migrate(
  pool: pg.Pool,
  afterwards: (client: pg.PoolClient) => Promise<void>,
): Promise<string[]> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    // The wait for another migration is as long as that migration.
    await client.query(`SET lock_timeout = 0; SET statement_timeout = 0`)
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
    const [expected, present] = [await listMigrations(), await selectApplied(client)]
    refuseNewer(expected, present)
    const isUp = expected.every((name) => present.includes(name))
    const applied = isUp ? [] : await applyMigrations(client)
    await afterwards(client)
    return applied
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // Destroyed, not reused: this ends the lock and the session's settings whatever happened.
    client.release(failure ?? true)
  }
}

/** Returns their names. */
async function applyMigrations(client: pg.PoolClient): Promise<string[]> {
  // Loaded here, as few processes find something to do.
  const { runner } = await import('node-pg-migrate')
  const applied = await runner({
    dbClient: client,
    dir: migrationsDirectory,
    direction: 'up',
    ...table,
    createMigrationsSchema: true,
    noLock: true,
    checkOrder: true,
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  })
  return applied.map(({ name }) => name)
}

/** @throws SluiceError SLUICE_SCHEMA_MISSING, SLUICE_SCHEMA_NEWER when the schema is not this version's. */
export async function checkSchema(pool: pg.Pool): Promise<void> {
  const expected = await listMigrations()
  const applied = await selectApplied(pool)
  const missing = expected.filter((name) => !applied.includes(name))
  if (missing.length > 0) {
    throw new SluiceError('SLUICE_SCHEMA_MISSING', 'the database does not have the schema of this version', {
      expected: `migration ${missing[0]}`,
      got:
        applied.length === 0 ? 'no Sluice schema' : `${applied.length} migrations, newest ${applied.at(-1)}`,
    })
  }
  refuseNewer(expected, applied)
}

/** Names of the migrations of this version, in order. */
async function listMigrations(): Promise<string[]> {
  return (await readdir(migrationsDirectory))
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
}

/** Names of the migrations that the database has, in order. */
async function selectApplied(db: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const exists = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('sluice.migrations') IS NOT NULL AS exists`,
  )
  if (exists.rows[0]?.exists !== true) return []
  const result = await db.query<{ name: string }>('SELECT name FROM sluice.migrations ORDER BY name')
  return result.rows.map((row) => row.name)
}

function refuseNewer(expected: readonly string[], applied: readonly string[]): void {
  const unknown = applied.find((name) => !expected.includes(name))
  if (unknown === undefined) return
  throw new SluiceError('SLUICE_SCHEMA_NEWER', 'the database was migrated by a newer version of Sluice', {
    expected: `at most ${expected.at(-1)}`,
    got: unknown,
  })
}
