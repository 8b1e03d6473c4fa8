import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { generateRecords } from '../../load/generate/generate-records.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'
import { loadQueries } from '../queries/analyst-queries.js'

/** As if every partition were still being filled. */
const NEVER = { SLUICE_INDEXER_INDEX_QUIET_MS: '3600000', SLUICE_INDEXER_INDEX_WITHIN_MS: '86400000' }
const SOON = { SLUICE_INDEXER_INDEX_QUIET_MS: '500' }

interface Unindexed {
  logType: string
  partitions: number
  bytes: number
}

let pipeline: TestPipeline
let directory: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true })
  directory = join(await temporaryDirectory(), 'logs')
})

async function readUnindexed(): Promise<Unindexed[]> {
  const { stdout } = await pipeline.sluice(['status', '--json'])
  return (JSON.parse(stdout) as { indexes: { unindexed: Unindexed[] } }).indexes.unindexed
}
const countUnindexed = async () =>
  (await readUnindexed()).reduce((sum, { partitions }) => sum + partitions, 0)

/** Values of a metric by its labels as they are written. */
async function readMetric(httpUrl: string, name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text()
  const series = text.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, 'gm'))
  return new Map([...series].map(([, labels, value]) => [labels ?? '', Number(value)]))
}

test('a day that is written all the time gets its indexes, and status and metrics show it', async () => {
  await mkdir(directory)
  const { httpUrl } = await pipeline.startRole('all', [directory], {
    // Between two looks of the builder the file always grows, however slow the machine is.
    SLUICE_INDEXER_INDEX_QUIET_MS: '4000',
    SLUICE_INDEXER_INDEX_WITHIN_MS: '4500',
  })
  let written = 0
  let isOver = false
  const writing = (async () => {
    for (const { line } of generateRecords({ seed: 61, lines: 80_000 })) {
      if (isOver) return
      await appendFile(join(directory, 'a.log'), `${line}\n`)
      if (++written % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  await pipeline.waitForLines(500)
  expect(await countUnindexed()).toBeGreaterThan(0)
  const lacking = async () => [...(await readMetric(httpUrl, 'sluice_unindexed_partitions')).values()]
  expect(Math.max(...(await lacking()))).toBeGreaterThan(0)
  await pollUntil(
    'everything is indexed',
    async () => (await lacking()).every((partitions) => partitions === 0),
    {
      timeoutMs: 60_000,
    },
  )
  const writtenBefore = written
  expect(await countUnindexed()).toBe(0)
  expect((await pipeline.sluice(['status'])).stdout).toMatch(/^indexes {8}all built$/m)
  isOver = true
  await writing
  expect(written).toBeGreaterThan(writtenBefore)
  await pipeline.waitForLines(written)
  expect([...(await readMetric(httpUrl, 'sluice_unindexed_bytes')).values()]).toEqual([0, 0, 0])
  const builds = await readMetric(httpUrl, 'sluice_index_builds_total')
  // The day and the default partition.
  expect(builds.get('{log_type="firewall",outcome="built"}')).toBe(2)
  expect(builds.get('{log_type="firewall",outcome="failed"}')).toBe(0)
  expect((await readMetric(httpUrl, 'sluice_index_build_seconds_count')).get('')).toBe(6)
  await pipeline.expectBalanced(written)
})

test('what a process that is killed left without indexes gets them from the next one', async () => {
  const oracle = await writeLogs({ seed: 62, lines: 20_000 }, { directory })
  const first = await pipeline.startRole('all', [directory], NEVER)
  await pipeline.waitForLines(20_000)
  await first.kill()
  const left = await readUnindexed()
  expect(left.map(({ logType }) => logType).sort()).toEqual(['auth', 'dns', 'firewall'])
  for (const { partitions, bytes } of left) {
    expect(partitions).toBe(2)
    expect(bytes).toBeGreaterThan(20_000)
  }
  const text = await pipeline.sluice(['status'])
  expect(text.stdout).toMatch(/^indexes {8}not built yet for partitions of firewall 2 \([\d.]+ [KM]iB\), /m)
  await pipeline.startRole('indexer', [], SOON)
  await pollUntil('everything is indexed', async () => (await countUnindexed()) === 0)
  await pipeline.expectOracle(oracle)
})

test('ingest ends with every index in place, also what an earlier run left, and says nothing of it', async () => {
  await writeLogs({ seed: 63, lines: 60_000, files: 2 }, { directory })
  const killed = pipeline.start(['ingest', directory], NEVER)
  await pipeline.waitForLines(5000, { intervalMs: 5 })
  await killed.kill()
  expect(await countUnindexed()).toBeGreaterThan(0)
  expect(await pipeline.ingest([directory], NEVER)).toMatchObject({
    lines: 60_000,
    inFlight: 0,
    warnings: [],
  })
  expect(await countUnindexed()).toBe(0)

  const [dropped] = await pipeline.query<{ name: string }>(
    `SELECT indexname AS name FROM pg_indexes WHERE tablename = 'dns_logs_20240115' AND indexdef ~ 'btree'`,
  )
  await pipeline.query(`DROP INDEX sluice_partitions.${dropped!.name}`)
  const again = await pipeline.sluice(['ingest', directory], NEVER)
  expect(again).toMatchObject({ code: 0 })
  expect(again.stdout).toMatch(/^Nothing new/)
  expect(await countUnindexed()).toBe(0)
})

test('queries of analysts give the same before and after, and use the indexes where there are some', async () => {
  const oracle = await writeLogs({ seed: 64, lines: 60_000, eventsPerSecond: 0.3 }, { directory })
  const first = await pipeline.startRole('all', [directory], NEVER)
  await pipeline.waitForLines(60_000)
  await first.kill('SIGTERM')
  const values: Record<string, string> = {
    domain: 'example.com',
    src_ip: '192.168.1.100',
    source_ip: '192.168.1.100',
    from: '2024-01-15T06:00:00Z',
    to: '2024-01-17T06:00:00Z',
    dst_port: '443',
  }
  const given = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const readAnswers = async () => {
    const { stdout } = await pipeline.sluice(['queries', '--json', '--rows', '100000', ...given])
    const { queries } = JSON.parse(stdout) as { queries: Array<{ rows: unknown[] }> }
    return queries.map(({ rows }) => rows.map((row) => JSON.stringify(row)).sort())
  }
  const before = await readAnswers()
  expect(before.map((rows) => rows.length > 10)).toEqual(Array(6).fill(true))
  // What some days have and others lack.
  await pipeline.query('CREATE INDEX ON sluice_partitions.firewall_logs_20240116 (src_ip, "timestamp")')
  await pipeline.query('CREATE INDEX ON sluice_partitions.dns_logs_20240116 (query_domain)')
  expect(await readAnswers()).toEqual(before)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
  expect(await readAnswers()).toEqual(before)
  await pipeline.expectOracle(oracle)

  await pipeline.query('ANALYZE firewall_logs, dns_logs, auth_logs')
  for (const { sql, parameters } of (await loadQueries()).slice(0, 3)) {
    const lines = await pipeline.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN ${sql}`,
      parameters.map(({ name }) => values[name]),
    )
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Scan (using|on) \w+_(src_ip_timestamp|query_domain|source_ip_timestamp)_idx/)
    expect(plan).not.toMatch(/Seq Scan on \w+_logs_2024/)
  }
})
