import { beforeAll, describe, expect, it } from 'vitest'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import { readPartitionIndexes, sumUnindexed } from './unindexed-partitions.js'

const tables = [
  { table: 'events', indexes: [['address', 'at'], ['port']] },
  { table: 'others', indexes: [['port']] },
  { table: 'none', indexes: [] },
]

let pool: ReturnType<typeof testPool>
beforeAll(async () => {
  pool = testPool(await testDatabase())
  await pool.query('CREATE SCHEMA parts')
  for (const { table } of tables) {
    await pool.query(
      `CREATE TABLE ${table} (at int NOT NULL, gone int, address inet, port int) PARTITION BY RANGE (at)`,
    )
  }
})

let days = 0
async function makePartition(table = 'events'): Promise<string> {
  const name = `${table}_${days}`
  await pool.query(
    `CREATE TABLE parts.${name} PARTITION OF ${table} FOR VALUES FROM (${days}) TO (${days + 1})`,
  )
  days++
  return name
}
async function missingOf(name: string): Promise<string[]> {
  const found = await readPartitionIndexes(pool, tables)
  return found.find((partition) => partition.name === name)!.missing.map((columns) => columns.join(' '))
}

describe('readPartitionIndexes', () => {
  it.each([
    ['USING btree (port)', ['address at']],
    ['(port DESC) INCLUDE (at)', ['address at']],
    ['(address, at)', ['port']],
    ['(address)', ['address at', 'port']],
    ['(at, address)', ['address at', 'port']],
    ['(address, at, port)', ['address at', 'port']],
    ['(port) WHERE port > 5', ['address at', 'port']],
    ['((port + 1))', ['address at', 'port']],
    ['USING hash (port)', ['address at', 'port']],
    ['USING brin (port)', ['address at', 'port']],
  ])('with an index %s, %s are missing', async (definition, missing) => {
    const name = await makePartition()
    await pool.query(`CREATE INDEX ON parts.${name} ${definition}`)
    expect(await missingOf(name)).toEqual(missing)
  })

  it('does not count an index that a broken build left', async () => {
    const name = await makePartition()
    await pool.query(`INSERT INTO events VALUES (${days - 1}, 1, NULL, 7), (${days - 1}, 1, NULL, 7)`)
    await expect(pool.query(`CREATE UNIQUE INDEX CONCURRENTLY ON parts.${name} (port)`)).rejects.toThrow()
    expect(await missingOf(name)).toEqual(['address at', 'port'])
  })

  it('counts an index of the whole table, also where columns have other numbers than in the table', async () => {
    await pool.query('CREATE TABLE parts.others_old (port int, gone int, address inet, at int NOT NULL)')
    await pool.query('ALTER TABLE others ATTACH PARTITION parts.others_old DEFAULT')
    const name = await makePartition('others')
    expect([await missingOf('others_old'), await missingOf(name)]).toEqual([['port'], ['port']])
    await pool.query('CREATE INDEX ON others (port)')
    expect([await missingOf('others_old'), await missingOf(name)]).toEqual([[], []])
    const made = await makePartition('others')
    expect(await missingOf(made)).toEqual([])
  })

  it('gives the size of what lacks something, the largest first, and can skip or name partitions', async () => {
    const large = await makePartition()
    await pool.query(`INSERT INTO events SELECT ${days - 1} FROM generate_series(1, 5000)`)
    const all = await readPartitionIndexes(pool, tables)
    expect(all[0]).toMatchObject({ table: 'events', schema: 'parts', name: large })
    expect(all[0]!.bytes).toBeGreaterThan(5000 * 28)
    expect(sumUnindexed(all, 'others')).toEqual({ partitions: 0, bytes: 0 })
    const events = all.filter(({ table }) => table === 'events')
    // Those without rows were made ahead.
    expect(sumUnindexed(all, 'events')).toEqual({
      partitions: events.filter(({ bytes }) => bytes > 0).length,
      bytes: events.reduce((sum, { bytes }) => sum + bytes, 0),
    })
    const { oid } = all[0]!
    expect((await readPartitionIndexes(pool, tables, { only: oid })).map(({ name }) => name)).toEqual([large])
    const rest = await readPartitionIndexes(pool, tables, { skip: [oid] })
    expect(rest).toHaveLength(all.length - 1)
    expect(rest.map(({ name }) => name)).not.toContain(large)
  })

  it('finds nothing where there is no table', async () => {
    expect(await readPartitionIndexes(pool, [{ table: 'missing', indexes: [['a']] }])).toEqual([])
    expect(await readPartitionIndexes(pool, [])).toEqual([])
  })
})
