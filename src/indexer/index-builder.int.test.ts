import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { addRows, fillPartition, indexesOf, lookAt } from '../../load/test/filled-partitions.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { testTelemetry } from '../../load/test/published-batches.js'
import { type TestLedger, testLedger, testPool } from '../../load/test/recorded-text.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { buildAllIndexes, type IndexProgress } from './build-all-indexes.js'
import { IndexBuilder } from './index-builder.js'
import type { IndexPolicy } from './index-decision.js'

const policy: IndexPolicy = { indexQuietMs: 300, indexAtBytes: 2 ** 30, indexWithinMs: 60_000 }

let ledger: TestLedger
/** What both kinds of builder are made of. */
let options: Omit<ConstructorParameters<typeof IndexBuilder>[0], 'settings' | 'stop'>
let log: string[]
beforeAll(async () => {
  ledger = await testLedger()
  const telemetry = testTelemetry(ledger)
  log = telemetry.log
  options = {
    ...ledger,
    buildPool: testPool(String(ledger.pool.options.connectionString)),
    telemetry: createIndexerTelemetry(telemetry),
  }
})

/** Runs a builder until the end of the test, or until it is stopped. */
function startBuilder(changes: Partial<IndexPolicy> = {}): {
  builder: IndexBuilder
  stop: () => Promise<void>
} {
  const stop = new AbortController()
  const builder = new IndexBuilder({ ...options, settings: { ...policy, ...changes }, stop: stop.signal })
  const ended = builder.run()
  const end = () => {
    stop.abort()
    return ended
  }
  onTestFinished(end)
  return { builder, stop: end }
}

/** Adds rows to a day of firewall_logs every few milliseconds, until the end of the test or told to stop. */
function keepAdding(isoDate: string): { stop: () => Promise<void> } {
  const stopped = new AbortController()
  const adding = (async () => {
    while (!stopped.signal.aborted) {
      await addRows(ledger.pool, isoDate, 200)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  const stop = () => {
    stopped.abort()
    return adding
  }
  onTestFinished(stop)
  return { stop }
}

const lacks = async (name: string) => (await lookAt(ledger, name)).missing.length > 0
const untilIndexed = (name: string) => pollUntil(`${name} is indexed`, async () => !(await lacks(name)))

describe('the index builder', () => {
  it('indexes what is quiet, and not what grows before it has to', async () => {
    const quiet = await fillPartition(ledger, '2024-05-01')
    const growing = await fillPartition(ledger, '2024-05-02')
    const adding = keepAdding('2024-05-02')
    startBuilder()
    await untilIndexed(quiet.name)
    await untilIndexed('dns_logs_default')
    expect(await lacks(growing.name)).toBe(true)
    await adding.stop()
    await untilIndexed(growing.name)
  })

  it('indexes what grows when it is large, or has waited for long enough', async () => {
    const large = await fillPartition(ledger, '2024-05-03')
    keepAdding('2024-05-03')
    const first = startBuilder({ indexQuietMs: 10_000, indexAtBytes: large.bytes * 10 })
    await untilIndexed(large.name)
    expect((await lookAt(ledger, large.name)).bytes).toBe(0)
    await first.stop()
    const late = await fillPartition(ledger, '2024-05-04')
    keepAdding('2024-05-04')
    startBuilder({ indexQuietMs: 2000, indexWithinMs: 2500 })
    await untilIndexed(late.name)
  })

  it('finds a partition that comes when all others are indexed, once it is told of a commit', async () => {
    const { builder } = startBuilder()
    for (const { name } of ledger.registry.types) await untilIndexed(`${name}_logs_default`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { name } = await fillPartition(ledger, '2024-05-05')
    builder.noticeCommit()
    await untilIndexed(name)
  })

  it('shares the work with others', async () => {
    const days = Array.from({ length: 8 }, (_, index) => `2024-06-0${index + 1}`)
    const partitions = []
    for (const day of days) partitions.push(await fillPartition(ledger, day, 3000))
    for (let count = 0; count < 3; count++) startBuilder()
    for (const { name } of partitions) await untilIndexed(name)
    for (const partition of partitions) expect(await indexesOf(ledger, partition)).toHaveLength(3)
  })

  it('goes on with the others when one cannot be indexed, and tries it again', async () => {
    const bad = await fillPartition(ledger, '2024-05-06')
    // The name that its index would have is taken.
    await ledger.pool.query(
      `CREATE TABLE sluice_partitions.${bad.name}_dst_port_timestamp_src_ip_dst_ip_idx ()`,
    )
    const good = await fillPartition(ledger, '2024-05-07', 10)
    startBuilder()
    await untilIndexed(good.name)
    await pollUntil('the failure is told', () => log.some((line) => line.includes('42P07')))
    expect(await lacks(bad.name)).toBe(true)
    await ledger.pool.query(`DROP TABLE sluice_partitions.${bad.name}_dst_port_timestamp_src_ip_dst_ip_idx`)
    await untilIndexed(bad.name)
  })

  it('survives the loss of its connections', async () => {
    const { name } = await fillPartition(ledger, '2024-05-08')
    const first = startBuilder({ indexQuietMs: 1000 })
    for (let round = 0; round < 5; round++) {
      await ledger.pool
        .query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()')
        .catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await untilIndexed(name)
    await first.stop()
  })

  it('finishes the build in hand when it is told to stop, and begins no other', async () => {
    const first = await fillPartition(ledger, '2024-05-09', 200_000)
    const second = await fillPartition(ledger, '2024-05-10', 100)
    const { stop } = startBuilder({ indexQuietMs: 100 })
    await pollUntil(
      'it builds',
      async () => {
        const building = await ledger.pool.query(
          'SELECT FROM pg_stat_progress_create_index WHERE datname = current_database()',
        )
        return (building.rowCount ?? 0) > 0
      },
      { intervalMs: 5 },
    )
    await stop()
    expect([await lacks(first.name), await lacks(second.name)]).toEqual([false, true])
  })
})

describe('buildAllIndexes', () => {
  const buildAll = (onProgress: (progress: IndexProgress) => void = () => {}) =>
    buildAllIndexes({
      ...options,
      settings: { ...policy, connections: 3 },
      stop: new AbortController().signal,
      onProgress,
    })

  it('builds everything at once, in parallel, and tells how far it is', async () => {
    const partitions = []
    for (let day = 1; day <= 9; day++) partitions.push(await fillPartition(ledger, `2024-07-0${day}`, 500))
    keepAdding('2024-07-05')
    const seen: IndexProgress[] = []
    expect(await buildAll((progress) => seen.push(progress))).toEqual([])
    for (const { name } of partitions) expect(await lacks(name)).toBe(false)
    const { totalPartitions } = seen[0]!
    expect(totalPartitions).toBeGreaterThanOrEqual(partitions.length)
    expect(seen.at(-1)).toEqual({ builtPartitions: totalPartitions, totalPartitions })
    const nothing: IndexProgress[] = []
    expect(await buildAll((progress) => nothing.push(progress))).toEqual([])
    expect(nothing).toEqual([])
  })

  it('waits for a writer, and for another builder', async () => {
    const { name } = await fillPartition(ledger, '2024-07-11', 100)
    const writer = await ledger.pool.connect()
    await writer.query('BEGIN')
    await addRows(writer, '2024-07-11', 1)
    const all = Promise.all([buildAll(), buildAll()])
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await writer.query('COMMIT')
    writer.release()
    expect(await all).toEqual([[], []])
    expect(await lacks(name)).toBe(false)
  })

  it('leaves a partition to the next run that somebody keeps in use, and builds the others', async () => {
    const used = await fillPartition(ledger, '2024-07-14', 100)
    const free = await fillPartition(ledger, '2024-07-15', 100)
    const holder = await ledger.pool.connect()
    await holder.query('BEGIN')
    await addRows(holder, '2024-07-14', 1)
    const left = await buildAllIndexes({
      ...options,
      settings: { ...policy, connections: 3 },
      stop: new AbortController().signal,
      giveUpAfterMs: 1000,
      onProgress: () => {},
    })
    await holder.query('ROLLBACK')
    holder.release()
    expect(left).toEqual([{ partition: used.name, reason: 'it was in use all the time' }])
    expect(await lacks(free.name)).toBe(false)
    expect(await buildAll()).toEqual([])
  })

  it('names what it could not build after some attempts', async () => {
    const bad = await fillPartition(ledger, '2024-07-12')
    const good = await fillPartition(ledger, '2024-07-13')
    await ledger.pool.query(
      `CREATE TABLE sluice_partitions.${bad.name}_dst_port_timestamp_src_ip_dst_ip_idx ()`,
    )
    expect(await buildAll()).toEqual([
      {
        partition: bad.name,
        reason: `relation "${bad.name}_dst_port_timestamp_src_ip_dst_ip_idx" already exists`,
      },
    ])
    expect(await lacks(good.name)).toBe(false)
  })
})
