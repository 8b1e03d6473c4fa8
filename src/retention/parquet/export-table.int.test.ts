import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type pg from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { testPool } from '../../../load/test/recorded-text.js'
import { temporaryDirectory } from '../../../load/test/temporary-directory.js'
import { testDatabase } from '../../../load/test/test-database.js'
import type { ExpiredDay } from '../../ledger/expired-days.js'
import { migrate } from '../../postgres/migrations.js'
import { coldText, insertExpression, selectColdColumns } from './cold-columns.js'
import { exportTable } from './export-table.js'
import { hashFile, readParquet } from './read-parquet.js'

let pool: pg.Pool
let path: string
beforeEach(async () => {
  pool = testPool(await testDatabase())
  await migrate(pool, async () => {})
  path = join(await temporaryDirectory(), 'of', 'some', 'day.parquet')
})

const day: ExpiredDay = {
  ...{ id: 1, logType: 'odd', table: 'odd', day: '2024-01-15', goal: 'export', state: 'detached' },
  ...{ detachedTable: 'odd_20240115_1', rows: null, file: null, detachedAt: '' },
}

async function create(columns: string, rows: string): Promise<void> {
  await pool.query(
    `CREATE TABLE sluice_detached.odd_20240115_1 (source_id integer NOT NULL, line_offset bigint NOT NULL, ${columns})`,
  )
  await pool.query(`INSERT INTO sluice_detached.odd_20240115_1 ${rows}`)
}

async function exportIt(): Promise<Awaited<ReturnType<typeof exportTable>>> {
  const client = await pool.connect()
  try {
    return await exportTable(client, day, path)
  } finally {
    client.release()
  }
}

const everyType = `at timestamptz, small smallint, whole integer, big bigint, real double precision, yes boolean,
  words text, address inet, net cidr, card macaddr, id uuid, more jsonb, list text[], "odd ""name" text`

describe('an exported table', () => {
  it('has every value, of every type, as PostgreSQL has it', async () => {
    await create(
      everyType,
      `VALUES
        (1, 0, '2024-01-15T23:59:59.999999Z', -32768, -2147483648, -9223372036854775808, 0.1, true, E'a\\tb\\n"€\u{1f600}',
         '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
         '{"n": 1e400, "big": 12345678901234567890}', '{a,"b,c",NULL}', 'x'),
        (1, 1, '0001-01-01T00:00:00.000001Z', 32767, 2147483647, 9223372036854775807, '-infinity', false, '',
         '::1', '2001:db8::/32', NULL, NULL, 'null', '{}', ''),
        (2, 9007199254740993, '9999-12-31T23:59:59.999999Z', 0, 0, 0, 'NaN', NULL, NULL,
         '10.0.0.0/8', NULL, NULL, NULL, NULL, NULL, NULL)`,
    )
    const { bytes, sha256, sources } = await exportIt()
    expect(await hashFile(path)).toBe(sha256)
    expect(sources).toEqual([
      { sourceId: 1, rows: 2n, lineOffsetSum: 1n },
      { sourceId: 2, rows: 1n, lineOffsetSum: 9007199254740993n },
    ])
    const file = await asyncBufferFromFile(path)
    expect(file.byteLength).toBe(bytes)
    const rows = await parquetReadObjects({ file })
    expect(rows[0]).toMatchObject({
      at: new Date('2024-01-15T23:59:59.999Z'),
      big: -9223372036854775808n,
      address: '10.0.0.1',
      more: '{"n": 1e400, "big": 12345678901234567890}'.replace('1e400', `1${'0'.repeat(400)}`),
    })

    // And all of it into a table again.
    await pool.query('CREATE TABLE public.again (LIKE sluice_detached.odd_20240115_1)')
    const content = await readParquet(path)
    const columns = await selectColdColumns(pool, 'public', 'again')
    expect(content.columnNames).toEqual(columns.map(({ name }) => name))
    for await (const values of content.groups(columns)) {
      await pool.query(
        `INSERT INTO public.again SELECT ${columns.map((column, i) => insertExpression(column, `u.c${i}`)).join(', ')}
           FROM unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(', ')})
                  AS u (${columns.map((_, i) => `c${i}`).join(', ')})`,
        values.map((column) => column.map(coldText)),
      )
    }
    const difference = await pool.query(
      `(SELECT o::text FROM sluice_detached.odd_20240115_1 o EXCEPT SELECT a::text FROM public.again a)
       UNION ALL (SELECT a::text FROM public.again a EXCEPT SELECT o::text FROM sluice_detached.odd_20240115_1 o)`,
    )
    expect(difference.rows).toEqual([])
    expect((await pool.query('SELECT count(*)::int AS n FROM public.again')).rows).toEqual([{ n: 3 }])
  })

  it('is cut into row groups, by rows and by bytes, and leaves no other file', async () => {
    await create('words text', `SELECT 1, n, 'short' FROM generate_series(1, 70000) n`)
    await pool.query(
      `INSERT INTO sluice_detached.odd_20240115_1 SELECT 2, n, repeat('x', 20000) FROM generate_series(1, 2000) n`,
    )
    const { sources } = await exportIt()
    expect(sources.map(({ rows }) => Number(rows))).toEqual([70_000, 2000])
    const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path))
    const sizes = row_groups.map((group) => Number(group.num_rows))
    expect(sizes.reduce((sum, rows) => sum + rows)).toBe(72_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16_384)
    expect(sizes.length).toBeGreaterThanOrEqual(3)
    expect(await readdir(join(path, '..'))).toEqual(['day.parquet'])
  })

  it('replaces what an interrupted export left', async () => {
    await create('words text', `VALUES (1, 1, 'a')`)
    const first = await exportIt()
    await pool.query(`INSERT INTO sluice_detached.odd_20240115_1 VALUES (1, 2, 'b')`)
    const second = await exportIt()
    expect(second.sha256).not.toBe(first.sha256)
    expect((await readParquet(path)).rows).toBe(2)
  })
})
