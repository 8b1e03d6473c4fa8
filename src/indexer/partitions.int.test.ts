import { beforeAll, describe, expect, it } from 'vitest'
import {
  lines,
  parsedBatch,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { reconcile } from '../ledger/reconcile.js'
import { commitBatches } from './commit.js'
import { Partitions, type PartitionWindow } from './partitions.js'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
})

const dayMs = 86_400_000
const dayOf = (isoDate: string) => Date.parse(isoDate) / dayMs
const partitions = (window: Partial<PartitionWindow> = {}) =>
  new Partitions(ledger.pool, {
    partitionsFrom: '2000-01-01',
    partitionsDaysAhead: 7,
    maxPartitions: 1000,
    ...window,
  })

async function attached(table = 'auth_logs'): Promise<string[]> {
  const result = await ledger.pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`,
    [table],
  )
  return result.rows.map(({ name }) => name.replace('sluice_partitions.', ''))
}

/** Commits auth lines at these times without making partitions, and returns the partition of each row. */
async function commitAt(...times: string[]): Promise<void> {
  const texts = times.map((time) => lines.auth().replace(/^\S+/, time))
  const batch = parsedBatch(ledger, await recordText(ledger, textOf(...texts)), 'auth')
  await commitBatches(ledger.pool, ledger.registry.byName('auth'), [batch])
}
async function partitionsOfRows(): Promise<string[][]> {
  const result = await ledger.pool.query<{ name: string; time: Date }>(
    'SELECT tableoid::regclass::text AS name, timestamp AS time FROM auth_logs ORDER BY timestamp',
  )
  return result.rows.map(({ name, time }) => [name.replace('sluice_partitions.', ''), time.toISOString()])
}

describe('partitions', () => {
  it('are made one a day, once, out of the schema of the tables', async () => {
    const days = [dayOf('2024-01-15'), dayOf('2024-02-29')]
    for (const made of [partitions(), partitions()]) {
      await made.ensure('dns_logs', days)
      await made.ensure('dns_logs', days)
    }
    expect(await attached('dns_logs')).toEqual(['dns_logs_20240115', 'dns_logs_20240229', 'dns_logs_default'])
    const inPublic = await ledger.pool.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relispartition AND relkind = 'r'`,
    )
    expect(inPublic.rows).toEqual([])
  })

  it('have the time index from the beginning, and no other', async () => {
    await partitions().ensure('firewall_logs', [dayOf('2024-01-15')])
    const found = await ledger.pool.query<{ definition: string }>(
      `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
        WHERE indrelid = 'sluice_partitions.firewall_logs_20240115'::regclass`,
    )
    expect(found.rows).toHaveLength(1)
    expect(found.rows[0]!.definition).toMatch(/ USING brin \("timestamp"\) WITH \(autosummarize='on'\)$/)
  })

  it('are made once by several indexers at the same time', async () => {
    const days = Array.from({ length: 5 }, (_, index) => dayOf('2024-03-01') + index)
    await Promise.all(Array.from({ length: 4 }, () => partitions().ensure('dns_logs', days)))
    expect((await attached('dns_logs')).filter((name) => name.includes('202403'))).toHaveLength(5)
  })

  it('are not made beyond their number, except around today', async () => {
    const today = Math.floor(Date.now() / dayMs)
    const before = (await attached('firewall_logs')).length
    const days = Array.from({ length: 40 }, (_, index) => dayOf('2019-01-01') + index)
    await partitions({ maxPartitions: before + 3 }).ensure('firewall_logs', [...days, today])
    expect(await attached('firewall_logs')).toHaveLength(before + 4)
  })

  it('are left for later while somebody reads all days', async () => {
    const reader = await ledger.pool.connect()
    const day = dayOf('2018-08-08')
    try {
      await reader.query('BEGIN')
      await reader.query('LOCK TABLE sluice_partitions.dns_logs_default IN ACCESS SHARE MODE')
      await partitions().ensure('dns_logs', [day])
      expect(await attached('dns_logs')).not.toContain('dns_logs_20180808')
    } finally {
      reader.release(true)
    }
    await partitions().ensure('dns_logs', [day])
    expect(await attached('dns_logs')).toContain('dns_logs_20180808')
  })

  it('are not made for days outside the window, whose rows share one partition', async () => {
    const tomorrow = Math.floor(Date.now() / dayMs) + 1
    await partitions({ partitionsFrom: '2024-01-01', partitionsDaysAhead: 0 }).ensure('auth_logs', [
      dayOf('2023-12-31'),
      dayOf('2024-01-01'),
      tomorrow,
      -700_000,
      2_900_000,
    ])
    expect(await attached()).toEqual(['auth_logs_20240101', 'auth_logs_default'])
  })

  it('take the rows of their day out of the shared partition when the day enters the window', async () => {
    const times = [
      '2023-06-14T23:59:59.999Z',
      '2023-06-15T00:00:00.000Z',
      '2023-06-15T23:59:59.999Z',
      '2023-06-16T00:00:00.000Z',
    ]
    await commitAt(...times)
    expect((await partitionsOfRows()).map(([name]) => name)).toEqual(Array(4).fill('auth_logs_default'))
    await partitions().ensure('auth_logs', [dayOf('2023-06-15')])
    expect(await partitionsOfRows()).toEqual([
      ['auth_logs_default', times[0]],
      ['auth_logs_20230615', times[1]],
      ['auth_logs_20230615', times[2]],
      ['auth_logs_default', times[3]],
    ])
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
  })

  it('are cut at midnight UTC whatever time zone the session has', async () => {
    const client = await ledger.pool.connect()
    try {
      await client.query(`SET timezone = 'Pacific/Kiritimati'`)
      await client.query(`SELECT sluice.ensure_partition('auth_logs', '2022-05-05'::date)`)
    } finally {
      client.release(true)
    }
    await commitAt('2022-05-05T00:00:00.000Z', '2022-05-05T23:59:59.999Z')
    expect((await partitionsOfRows()).slice(0, 2).map(([name]) => name)).toEqual(
      Array(2).fill('auth_logs_20220505'),
    )
  })

  it('let rows in although one of them was dropped', async () => {
    const made = partitions()
    await made.ensure('auth_logs', [dayOf('2021-01-01')])
    await ledger.pool.query('DROP TABLE sluice_partitions.auth_logs_20210101')
    await made.ensure('auth_logs', [dayOf('2021-01-01')])
    await commitAt('2021-01-01T12:00:00.000Z')
    expect((await partitionsOfRows())[0]).toEqual(['auth_logs_default', '2021-01-01T12:00:00.000Z'])
    await partitions().ensure('auth_logs', [dayOf('2021-01-01')])
    expect((await partitionsOfRows())[0]![0]).toBe('auth_logs_20210101')
  })

  it('do not keep a writer waiting while they are made', async () => {
    const writer = await ledger.pool.connect()
    try {
      await writer.query('BEGIN')
      await writer.query('LOCK TABLE ONLY auth_logs IN ROW EXCLUSIVE MODE')
      await partitions().ensure('auth_logs', [dayOf('2020-02-02')])
      await writer.query('COMMIT')
    } finally {
      writer.release()
    }
    expect(await attached()).toContain('auth_logs_20200202')
  })
})
