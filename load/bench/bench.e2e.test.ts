import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { SHORT_WAITS } from '../installation/installation.js'
import { startEmbeddedServices } from '../services/services.js'
import { startNode } from '../test/sluice-process.js'
import { temporaryDirectory } from '../test/temporary-directory.js'
import type { BenchReport } from './bench-report.js'
import { contentOf } from './disk.js'

/** Of few lines, one round each: what is measured has to be there and right, however fast it was. */
const QUICK = ['--rounds', '1', '--memory-rounds', '1', '--latency-seconds', '1', '--json']

let chart: string
let ofContest: BenchReport
let ofTheRest: BenchReport
beforeAll(async () => {
  chart = join(await temporaryDirectory(), 'bench.svg')
  const few = ['--lines', '2000', '--naive-lines', '200', '--level-lines', '2000', '--chart', chart]
  // Servers of its own, whatever the environment names.
  ofContest = await measure({ DATABASE_URL: '', REDIS_URL: '' }, 'contest', ...few)

  const services = await startEmbeddedServices({ postgresSettings: { fsync: 'off' } })
  try {
    const given = { DATABASE_URL: services.databaseUrl, REDIS_URL: services.redisUrl }
    const sections = 'stages,latency,parse,catalogue,queries,cost'
    ofTheRest = await measure(given, sections, '--lines', '3000', '--sizes', '3000')
  } finally {
    await services.stop()
  }
}, 240_000)

async function measure(
  servers: NodeJS.ProcessEnv,
  sections: string,
  ...args: string[]
): Promise<BenchReport> {
  const env = { ...servers, ...SHORT_WAITS, SLUICE_INDEXER_INDEX_QUIET_MS: '200' }
  const bench = startNode('dist/load/bench/main.js', ['--only', sections, ...args, ...QUICK], env)
  const { code, stdout, stderr } = await bench.waitForExit({ timeoutMs: 170_000 })
  expect([code, stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(stdout) as BenchReport
}

test('a contest of few lines has every contestant, and is right', async () => {
  const { contest } = ofContest
  const rows = Object.fromEntries(contest!.contestants.map(({ id, rows }) => [id, rows]))
  expect(rows).toEqual({
    naive: 200,
    'level-batching': 2000,
    'level-typed': 2000,
    'level-compression': 2000,
    'level-concurrency': 2000,
    'level-copy': 2000,
    'copy-text-1': 2000,
    'copy-text-2': 2000,
    'copy-binary-1': 2000,
    'copy-binary-2': 2000,
    sluice: 2000,
  })
  const sluice = contest!.contestants.at(-1)!.rounds[0]!.sluice
  expect(sluice).toMatchObject({
    balanced: true,
    verified: true,
    lines: 2000,
    indexes: { complete: true, partitions: 3, indexes: 7, expectedIndexes: 7 },
  })
  for (const { rounds } of contest!.contestants) {
    // All tables hold what the contestant says, however it got there.
    const [{ rows: claimed, tables } = { rows: 0, tables: [] }] = rounds
    const found = tables.filter((table) => contentOf(table) === 'rows')
    expect(found.reduce((sum, table) => sum + table.rows, 0)).toBe(claimed)
  }
  expect(await readFile(chart, 'utf8')).toMatch(/^<svg .*Sluice.*<\/svg>\n$/s)
})

test('stages, latency, parsing and queries of few lines are measured, and answers are equal', () => {
  const report = ofTheRest
  expect(report.contest).toBeUndefined()
  expect(report.stages?.processes.map(({ role }) => role).sort()).toEqual(['indexer', 'parser', 'reader'])
  expect(report.latency?.loads.map(({ percent }) => percent)).toEqual([1, 10, 50])
  for (const { lines, p50Ms, p99Ms } of report.latency?.loads ?? []) {
    expect(lines).toBeGreaterThan(0)
    expect(p50Ms).toBeGreaterThan(0)
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
  }
  const [firewall, dns, auth, ...catalogue] = report.parse ?? []
  expect([firewall, dns, auth].map((speed) => speed?.logType)).toEqual(['firewall', 'dns', 'auth'])
  expect(catalogue.length).toBeGreaterThan(0)
  for (const speed of catalogue) expect(speed.linesPerSecond).toBeGreaterThan(0)
  expect(report.sizes?.[0]?.queries?.map(({ equal }) => equal)).toEqual([true, true, true, true, true, true])
  expect(report.sizes?.[0]?.queries?.every(({ rows }) => rows > 0)).toBe(true)
})

test('the catalogue is measured against none, and every line is a row', () => {
  const { catalogue } = ofTheRest
  expect(catalogue).toMatchObject({ lines: 3000, right: true })
  expect(catalogue?.catalogueTypes).toBeGreaterThan(0)
  for (const compared of [catalogue!.classify, catalogue!.read, catalogue!.ingest]) {
    expect(compared.ratio).toBeGreaterThan(0)
  }
})

test('the messages of every design are counted and priced', () => {
  const { cost } = ofTheRest
  expect(cost?.volumes.map(({ linesPerDay }) => linesPerDay)).toEqual([10_000_000, 100_000_000])
  const [naive, ...others] = cost?.volumes[0]?.designs ?? []
  // Ten million lines, each sent, received and deleted, at 0.4 $ a million.
  expect(naive?.dollarsPerDay.single).toBeCloseTo(12)
  expect(others).toHaveLength(8)
  for (const { dollarsPerDay } of others) expect(dollarsPerDay.single).toBeLessThan(12)
})
