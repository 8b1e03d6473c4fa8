import { expect, it } from 'vitest'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import { dateArray, int4Array, int8Array, uuidArray } from './binary-array.js'

it('gives the server arrays as it understands them', async () => {
  const pool = testPool(await testDatabase())
  const result = await pool.query(
    `SELECT array_to_json($1::int[])::text AS int4s, array_to_json($2::bigint[])::text AS int8s,
            array_to_json($3::date[])::text AS dates, array_to_json($4::uuid[])::text AS uuids`,
    [
      int4Array([0, -1, 2_147_483_647]),
      int8Array([0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
      dateArray([0, -1, 8780, -730_119]),
      uuidArray(Buffer.from('00112233445566778899aabbccddeeffffffffffffffffffffffffffffffffff', 'hex')),
    ],
  )
  expect(result.rows[0]).toEqual({
    int4s: '[0,-1,2147483647]',
    int8s: '[0,-1,9007199254740991,-9007199254740991]',
    dates: '["2000-01-01","1999-12-31","2024-01-15","0001-01-01"]',
    uuids: '["00112233-4455-6677-8899-aabbccddeeff","ffffffff-ffff-ffff-ffff-ffffffffffff"]',
  })
})

it('has an empty array, too', async () => {
  const pool = testPool(await testDatabase())
  const result = await pool.query(
    'SELECT cardinality($1::uuid[]) AS uuids, cardinality($2::int[]) AS int4s',
    [uuidArray(Buffer.alloc(0)), int4Array([])],
  )
  expect(result.rows[0]).toEqual({ uuids: 0, int4s: 0 })
})
