import type pg from 'pg'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { addRows, fillPartition, indexesOf, lookAt } from '../../load/test/filled-partitions.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { type TestLedger, testLedger, testPool } from '../../load/test/recorded-text.js'
import { startTcpProxy } from '../../load/test/tcp-proxy.js'
import { createPool } from '../postgres/pool.js'
import type { PartitionIndexes } from '../postgres/unindexed-partitions.js'
import { type BuildOutcome, buildIndexes } from './build-indexes.js'
import type { HowToBuild } from './index-decision.js'
import { Partitions } from './partitions.js'

let ledger: TestLedger
let buildPool: pg.Pool
beforeAll(async () => {
  ledger = await testLedger()
  buildPool = testPool(String(ledger.pool.options.connectionString))
})

const build = (
  partition: PartitionIndexes,
  how: HowToBuild = 'at-once',
  lockTimeoutMs = 300,
): Promise<BuildOutcome> =>
  buildIndexes({ pool: buildPool, tables: ledger.registry.types, lockTimeoutMs }, partition, how)

/** Names of all indexes of a day of firewall_logs, the time index included. */
const allIndexes = (day: string) =>
  ['dst_port_timestamp_src_ip_dst_ip_idx', 'src_ip_timestamp_idx', 'timestamp_idx'].map(
    (end) => `firewall_logs_${day}_${end}`,
  )

/** A transaction that has written to a day of firewall_logs, until the work is done. */
async function whileWriting<T>(isoDate: string, work: (writer: pg.PoolClient) => Promise<T>): Promise<T> {
  const writer = await ledger.pool.connect()
  try {
    await writer.query('BEGIN')
    await addRows(writer, isoDate, 1)
    return await work(writer)
  } finally {
    await writer.query('COMMIT')
    writer.release()
  }
}

/** The server process that builds an index of the partition, once it waits for a lock. */
async function waitingBuild({ name }: PartitionIndexes): Promise<number> {
  return pollUntil(`a build of ${name} waits`, async () => {
    const result = await ledger.pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE query ~ $1 AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
      [`CREATE INDEX.*${name}`],
    )
    return result.rows[0]?.pid
  })
}

describe('buildIndexes', () => {
  it.each<HowToBuild>(['at-once', 'concurrently'])('builds %s what a partition lacks, once', async (how) => {
    const day = how === 'at-once' ? '2024-03-01' : '2024-03-02'
    const partition = await fillPartition(ledger, day)
    expect(partition.missing).toEqual([
      ['dst_port', 'timestamp', 'src_ip', 'dst_ip'],
      ['src_ip', 'timestamp'],
    ])
    expect(await build(partition, how)).toMatchObject({ kind: 'built', indexes: 2 })
    expect(await indexesOf(ledger, partition)).toEqual(allIndexes(day.replaceAll('-', '')))
    expect((await lookAt(ledger, partition.name)).missing).toEqual([])
    expect(await build(partition, how)).toEqual({ kind: 'nothing-to-do' })
  })

  it('builds what is missing only', async () => {
    const partition = await fillPartition(ledger, '2024-03-03')
    await ledger.pool.query(`CREATE INDEX by_hand ON sluice_partitions.${partition.name} (src_ip, timestamp)`)
    expect(await build(partition)).toMatchObject({ kind: 'built', indexes: 1 })
    expect(await indexesOf(ledger, partition)).toContain('by_hand')
    expect(await indexesOf(ledger, partition)).toHaveLength(3)
  })

  it('is not held up for ever by a connection that went silent while it was idle', async () => {
    const [first, second] = [
      await fillPartition(ledger, '2024-03-20'),
      await fillPartition(ledger, '2024-03-21'),
    ]
    const network = await startTcpProxy(String(ledger.pool.options.connectionString))
    onTestFinished(() => network.cut())
    const pool = createPool({
      url: network.url,
      statementTimeoutMs: 0,
      lockTimeoutMs: 0,
      idleInTransactionTimeoutMs: 0,
      maxConnections: 1,
      applicationName: 'test',
    })
    onTestFinished(() => pool.end())
    const options = { pool, tables: ledger.registry.types, lockTimeoutMs: 300 }
    expect(await buildIndexes(options, first, 'at-once')).toMatchObject({ kind: 'built' })
    network.silence()
    expect(await buildIndexes(options, second, 'at-once')).toMatchObject({ kind: 'failed' })
    expect(await buildIndexes(options, second, 'at-once')).toMatchObject({ kind: 'built' })
  })

  it('leaves a partition to the builder that was there first', async () => {
    const partition = await fillPartition(ledger, '2024-03-04', 20_000)
    const outcomes = await Promise.all([build(partition), build(partition), build(partition)])
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['built', 'nothing-to-do', 'nothing-to-do'])
    expect(await indexesOf(ledger, partition)).toHaveLength(3)
  })

  it('gives way when a writer does not let go, holds up others no longer, and is built later', async () => {
    const partition = await fillPartition(ledger, '2024-03-05')
    await whileWriting('2024-03-05', async () => {
      const built = build(partition, 'at-once', 400)
      await waitingBuild(partition)
      const began = performance.now()
      // Queues behind the build that waits.
      await addRows(ledger.pool, '2024-03-05', 1)
      expect(performance.now() - began).toBeLessThan(1500)
      expect(await built).toEqual({ kind: 'postponed' })
    })
    expect(await build(partition)).toMatchObject({ kind: 'built' })
  })

  it('lets writers go on while it builds concurrently', async () => {
    const partition = await fillPartition(ledger, '2024-03-06')
    const built = await whileWriting('2024-03-06', async () => {
      const building = build(partition, 'concurrently')
      await waitingBuild(partition)
      await addRows(ledger.pool, '2024-03-06', 100)
      return { building }
    })
    expect(await built.building).toMatchObject({ kind: 'built', indexes: 2 })
    const counted = await ledger.pool.query(
      `SELECT count(*)::int AS rows FROM sluice_partitions.${partition.name} WHERE dst_port >= 0`,
    )
    expect(counted.rows).toEqual([{ rows: 201 }])
  })

  it.each<HowToBuild>(['at-once', 'concurrently'])(
    'that is killed while it builds %s leaves nothing that the next one does not mend',
    async (how) => {
      const day = how === 'at-once' ? '2024-03-07' : '2024-03-08'
      const partition = await fillPartition(ledger, day)
      await whileWriting(day, async () => {
        const building = build(partition, how, 10_000)
        await ledger.pool.query('SELECT pg_terminate_backend($1)', [await waitingBuild(partition)])
        expect(await building).toMatchObject({ kind: 'failed', sqlstate: '57P01' })
      })
      const invalid = (await indexesOf(ledger, partition)).filter((name) => name.endsWith('(invalid)'))
      expect(invalid).toHaveLength(how === 'at-once' ? 0 : 1)
      expect(await build(partition)).toMatchObject({ kind: 'built', indexes: 2 })
      expect(await indexesOf(ledger, partition)).toEqual(allIndexes(day.replaceAll('-', '')))
    },
  )

  it('says why a partition cannot be indexed, and leaves its rows alone', async () => {
    await ledger.pool.query(`SELECT sluice.ensure_partition('dns_logs', '2024-03-09')`)
    await ledger.pool.query(
      `INSERT INTO dns_logs ("timestamp", client_ip, query_domain, query_type, server_ip, response_code, source_id, line_offset, parser_version)
       SELECT '2024-03-09', '10.0.0.1', string_agg(sha256(n::text::bytea)::text, ''), 'A', '10.0.0.2', 'NOERROR', -1, 0, 1
         FROM generate_series(1, 200) AS n`,
    )
    const partition = await lookAt(ledger, 'dns_logs_20240309')
    expect(await build(partition)).toMatchObject({ kind: 'failed', sqlstate: '54000' })
    expect(await indexesOf(ledger, partition)).toHaveLength(1)
    const gone = { ...partition, oid: 1 }
    expect(await build(gone)).toEqual({ kind: 'nothing-to-do' })
  })
})

describe('builds beside writers and makers of partitions', () => {
  const days = Array.from({ length: 6 }, (_, index) => `2024-04-0${index + 1}`)

  it('come to an end without a deadlock, a row lost or a writer refused', async () => {
    const partitions: PartitionIndexes[] = []
    for (const day of days) partitions.push(await fillPartition(ledger, day, 5000))
    partitions.push(await lookAt(ledger, 'firewall_logs_default'))
    const deadlocksBefore = await countDeadlocks()
    const ended = new AbortController()
    let written = 0
    /** Takes the partitions in an order of its own, the default partition among them. */
    const write = async (order: readonly string[]) => {
      while (!ended.signal.aborted) {
        const writer = await ledger.pool.connect()
        await writer.query('BEGIN')
        for (const day of order) {
          await addRows(writer, day, 3)
          await writer.query('SELECT pg_sleep(0.01)')
        }
        await writer.query('COMMIT')
        written += 3 * order.length
        writer.release()
      }
    }
    const outside = '1999-01-01'
    const writers = [
      [...days, outside],
      [outside, ...days].reverse(),
      [days[3]!, outside, days[0]!, days[5]!],
    ].map(write)
    const made = new Partitions(ledger.pool, {
      partitionsFrom: '2000-01-01',
      partitionsDaysAhead: 7,
      maxPartitions: 1000,
    })
    const maker = (async () => {
      for (let day = 20_000; !ended.signal.aborted; day++) await made.ensure('firewall_logs', [day])
    })()
    await Promise.all(
      [partitions, partitions.toReversed()].map(async (order, index) => {
        // One gives up before PostgreSQL looks for deadlocks, the other after.
        const lockTimeoutMs = [200, 2500][index]!
        for (const partition of order) {
          const how = partition.name.endsWith('3') ? 'concurrently' : 'at-once'
          await pollUntil(`${partition.name} is indexed`, async () => {
            const outcome = await build(partition, how, lockTimeoutMs)
            expect(['built', 'postponed', 'nothing-to-do']).toContain(outcome.kind)
            return (await lookAt(ledger, partition.name)).missing.length === 0
          })
        }
      }),
    )
    ended.abort()
    await Promise.all([...writers, maker])
    expect(written).toBeGreaterThan(0)
    const counted = await ledger.pool.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM firewall_logs
        WHERE "timestamp" >= '2024-04-01' AND "timestamp" < '2024-04-07' OR "timestamp" < '2000-01-01'`,
    )
    expect(counted.rows[0]!.rows).toBe(days.length * 5000 + written)
    expect(await countDeadlocks()).toBe(deadlocksBefore)
  })
})

async function countDeadlocks(): Promise<number> {
  const result = await ledger.pool.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  )
  return result.rows[0]!.deadlocks
}
