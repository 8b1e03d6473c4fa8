import { describe, expect, it } from 'vitest'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import { migrateSchema, requireSchema } from '../app/schema.js'
import { loadLogTypes } from '../log-types/registry.js'
import { checkSchema, migrate } from './migrations.js'

const { types } = await loadLogTypes('config/log-types')

describe('migrating', () => {
  it('brings an empty database up, and finds nothing to do the second time', async () => {
    const pool = testPool(await testDatabase())
    const first = await migrateSchema(pool, types)
    expect(first.migrations.length).toBeGreaterThan(0)
    expect([...first.createdTables].sort()).toEqual(['auth_logs', 'dns_logs', 'firewall_logs'])
    expect(await migrateSchema(pool, types)).toEqual({
      migrations: [],
      filledRollups: [],
      createdTables: [],
      addedColumns: [],
    })
    await checkSchema(pool)
    await requireSchema(pool, types)
  })

  it('is done once by several processes that start at the same time', async () => {
    const url = await testDatabase()
    const results = await Promise.all(Array.from({ length: 4 }, () => migrateSchema(testPool(url), types)))
    expect(results.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1)
    expect(results.filter(({ createdTables }) => createdTables.length > 0)).toHaveLength(1)
    await requireSchema(testPool(url), types)
  })

  it('lets the next one in after a failure', async () => {
    const url = await testDatabase()
    const failing = migrate(testPool(url), () => Promise.reject(new Error('of the declarations')))
    await expect(failing).rejects.toThrow('of the declarations')
    await expect(requireSchema(testPool(url), types)).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_MISSING' })
    expect((await migrateSchema(testPool(url), types)).createdTables).toHaveLength(3)
  })

  it('does not touch a database that a newer version has migrated', async () => {
    const pool = testPool(await testDatabase())
    await migrateSchema(pool, types.slice(0, 1))
    await addMigration(pool, '29991231000000000_from_the_future')
    await expect(migrateSchema(pool, types)).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_NEWER' })
    const tables = await pool.query('SELECT FROM sluice.log_types')
    expect(tables.rowCount).toBe(1)
  })
})

describe('checking the schema', () => {
  it('misses it in an empty database', async () => {
    const pool = testPool(await testDatabase())
    await expect(checkSchema(pool)).rejects.toMatchObject({
      code: 'SLUICE_SCHEMA_MISSING',
      got: 'no Sluice schema',
    })
  })

  it('misses a migration, and the table of a type', async () => {
    const pool = testPool(await testDatabase())
    await migrateSchema(pool, types.slice(0, 1))
    await checkSchema(pool)
    await expect(requireSchema(pool, types)).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_MISSING' })
    await pool.query('DELETE FROM sluice.migrations')
    await expect(checkSchema(pool)).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_MISSING' })
  })

  it('notices that the database is of a newer version', async () => {
    const pool = testPool(await testDatabase())
    await migrateSchema(pool, types)
    await addMigration(pool, '29991231000000000_from_the_future')
    await expect(checkSchema(pool)).rejects.toMatchObject({
      code: 'SLUICE_SCHEMA_NEWER',
      got: '29991231000000000_from_the_future',
    })
  })
})

async function addMigration(pool: ReturnType<typeof testPool>, name: string): Promise<void> {
  await pool.query('INSERT INTO sluice.migrations (name, run_on) VALUES ($1, now())', [name])
}
