import { beforeAll, describe, expect, it } from 'vitest'
import {
  lines,
  parsedBatch,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import type { LogType } from '../log-types/log-type.js'
import type { Batch } from './commit.js'
import { findRefusedRows } from './refused-rows.js'

let ledger: TestLedger
let firewall: LogType
beforeAll(async () => {
  ledger = await testLedger()
  firewall = ledger.registry.byName('firewall')!
  await ledger.pool.query('ALTER TABLE firewall_logs ADD CONSTRAINT even CHECK (bytes_sent % 2 = 0)')
})

/** Rows with these bytes_sent; odd ones are refused. */
async function batchOf(...numbers: number[]): Promise<Batch> {
  return parsedBatch(
    ledger,
    await recordText(ledger, textOf(...numbers.map((n) => lines.firewall(n)))),
    'firewall',
  )
}
async function refusedOf(...numbers: number[]): Promise<number[]> {
  const refused = await findRefusedRows(ledger.pool, firewall, (await batchOf(...numbers)).rows)
  return refused.map(({ index }) => index)
}

describe('the search for refused rows', () => {
  it('finds the first, the last, one in the middle and several', async () => {
    expect(await refusedOf(1, 2, 4, 6, 8)).toEqual([0])
    expect(await refusedOf(2, 4, 6, 8, 9)).toEqual([4])
    expect(await refusedOf(2, 4, 5, 6, 8)).toEqual([2])
    expect(await refusedOf(1, 3, 4, 6, 7, 8, 9, 10, 11)).toEqual([0, 1, 4, 6, 8])
  })

  it('finds all, the only one, and none', async () => {
    expect(await refusedOf(1, 3, 5)).toEqual([0, 1, 2])
    expect(await refusedOf(1)).toEqual([0])
    expect(await refusedOf(2, 4)).toEqual([])
    expect(await findRefusedRows(ledger.pool, firewall, Buffer.alloc(0))).toEqual([])
  })

  it('tells the offset of the line and what the server said', async () => {
    const [refused] = await findRefusedRows(ledger.pool, firewall, (await batchOf(2, 3)).rows)
    expect(refused).toEqual({
      index: 1,
      lineOffset: lines.firewall(2).length + 1,
      sqlstate: '23514',
      message: expect.stringContaining('even'),
    })
  })

  it('writes nothing', async () => {
    await refusedOf(2, 4, 6, 7)
    expect((await ledger.pool.query('SELECT FROM firewall_logs')).rowCount).toBe(0)
  })

  it('blames no row for a failure of another kind', async () => {
    const { rows } = await batchOf(2, 4)
    const missing = { ...firewall, table: 'not_there' } as LogType
    await expect(findRefusedRows(ledger.pool, missing, rows)).rejects.toMatchObject({ code: '42P01' })
  })
})
