import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeLogs } from '../../load/generate/write-logs.js'
import { startEmbeddedRedis } from '../../load/test/embedded-redis.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog } from '../../load/test/test-pipeline.js'
import type { HealthReport } from '../http/progress.js'

const LINES = 5000

/** The sum over all series of a metric, or over those with such labels. */
async function readMetric(httpUrl: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text()
  const series = new RegExp(`^${name}(?:\\{[^}]*${labels}[^}]*\\})? (\\S+)$`, 'gm')
  const values = [...text.matchAll(series)].map(([, value]) => Number(value))
  expect(values, `${name} is there`).not.toEqual([])
  return values.reduce((sum, value) => sum + value, 0)
}

test('the metrics of each role count exactly the lines that were ingested', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '500' } })
  const directory = join(await temporaryDirectory(), 'logs')
  const oracle = await writeLogs({ seed: 91, lines: LINES, hostilePercent: 2 }, { directory })
  const parser = await pipeline.startRole('parser')
  const indexer = await pipeline.startRole('indexer')
  const reader = await pipeline.startRole('reader', [directory])
  await pipeline.waitForLines(LINES)

  const counted = async () => ({
    read: await readMetric(reader.httpUrl, 'sluice_reader_lines_total'),
    parsed: await readMetric(parser.httpUrl, 'sluice_parser_lines_total'),
    rows: await readMetric(indexer.httpUrl, 'sluice_indexer_rows_total'),
    deadLetters: await readMetric(indexer.httpUrl, 'sluice_indexer_dead_letters_total'),
    inStreams: await readMetric(indexer.httpUrl, 'sluice_stream_entries'),
    bytesInStreams: await readMetric(indexer.httpUrl, 'sluice_stream_bytes'),
    republished: await readMetric(reader.httpUrl, 'sluice_reader_batches_republished_total'),
  })
  const expected = {
    read: LINES,
    parsed: LINES,
    rows: oracle.totals.rows,
    deadLetters: oracle.totals.deadLettered,
    inStreams: 0,
    bytesInStreams: 0,
    republished: 0,
  }
  // Counted and acknowledged after the COMMIT that the wait saw.
  await pollUntil('the last batch is counted', async () => (await counted()).inStreams === 0)
  expect(await counted()).toEqual(expected)
  await pipeline.expectOracle(oracle)
  for (const { httpUrl } of [reader, parser, indexer]) {
    expect((await fetch(`${httpUrl}/healthz`)).status).toBe(200)
    expect((await fetch(`${httpUrl}/readyz`)).status).toBe(200)
    expect((await fetch(`${httpUrl}/elsewhere`)).status).toBe(404)
  }
})

test('a role is not ready while Redis is gone, is alive all the while, and gets ready again', async () => {
  const redis = await startEmbeddedRedis()
  onTestFinished(() => redis.stop())
  const { databaseUrl } = await createTestPipeline({ isMigrated: true })
  const pipeline = await createTestPipeline({ services: { databaseUrl, redisUrl: redis.url } })
  const directory = await temporaryDirectory()
  const role = await pipeline.startRole('all', [directory])
  const waits = (metric: string) =>
    readMetric(role.httpUrl, `sluice_reader_backpressure_${metric}`, 'cause="outage"')
  const status = async (path: string) => (await fetch(`${role.httpUrl}${path}`)).status
  expect(await status('/readyz')).toBe(200)
  await redis.kill()
  await pollUntil('it is not ready', async () => (await status('/readyz')) === 503)
  expect(await status('/healthz')).toBe(200)
  await appendFile(join(directory, 'some.log'), generateLog(94, 100).text())
  await pollUntil('the reader waits', async () => (await waits('active')) === 1)
  await pollUntil('the time is counted', async () => (await waits('seconds_total')) > 0)
  await redis.start()
  await pollUntil('it is ready again', async () => (await status('/readyz')) === 200)
  await pipeline.waitForLines(100)
  expect(await waits('active')).toBe(0)
  expect(await role.kill('SIGTERM')).toMatchObject({ code: 0 })
})

test('a reader proves the ledger from time to time, and shows when a row is gone', async () => {
  const pipeline = await createTestPipeline({
    isMigrated: true,
    env: { SLUICE_LEDGER_PROVE_EVERY_MS: '100' },
  })
  const directory = join(await temporaryDirectory(), 'logs')
  await writeLogs({ seed: 92, lines: 500 }, { directory })
  await pipeline.ingest([directory])
  const reader = await pipeline.startRole('reader', [directory])
  const balanced = () => readMetric(reader.httpUrl, 'sluice_ledger_balanced').catch(() => -1)
  await pollUntil('the ledger is proved', async () => (await balanced()) === 1)
  expect(await readMetric(reader.httpUrl, 'sluice_ledger_proved_timestamp_seconds')).toBeGreaterThan(1.7e9)
  await pipeline.query('DELETE FROM dns_logs WHERE line_offset = (SELECT min(line_offset) FROM dns_logs)')
  await pollUntil('the missing row is noticed', async () => (await balanced()) === 0)
  await reader.waitForLine(/The ledger does not balance/)
  // A state is no outage: the process goes on.
  expect((await fetch(`${reader.httpUrl}/healthz`)).status).toBe(200)
})

test('each loop of each role is watched by itself, and each process has metrics of its own', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true })
  const { httpUrl } = await pipeline.startRole('all', [await temporaryDirectory()])
  const health = async () => (await (await fetch(`${httpUrl}/healthz`)).json()) as HealthReport
  await pollUntil('the worker tells of its loops', async () => (await health()).loops.length > 7)
  const { healthy, loops } = await health()
  expect(healthy).toBe(true)
  expect(loops.map(({ loop }) => loop).sort()).toEqual([
    'indexer commit 1',
    'indexer commit 2',
    'indexer consume',
    'parser consume',
    'reader discover',
    'reader look',
    'reader read 1',
    'reader read 2',
    'reader sweep',
    'worker process',
  ])
  const resident = (process: string) =>
    readMetric(httpUrl, 'process_resident_memory_bytes', `process="${process}"`)
  expect(await resident('main')).toBeGreaterThan(1e7)
  expect(await resident('worker')).toBeGreaterThan(1e7)
  expect(await resident('main')).not.toBe(await resident('worker'))
  expect(await readMetric(httpUrl, 'nodejs_eventloop_lag_p99_seconds', 'process="worker"')).toBeGreaterThan(0)
  // Nothing is on its way, so nothing is stuck.
  await pollUntil('it has swept', () =>
    readMetric(httpUrl, 'sluice_reader_incomplete_chunks')
      .catch(() => -1)
      .then((chunks) => chunks === 0),
  )
  expect(await readMetric(httpUrl, 'sluice_reader_stuck_chunks')).toBe(0)
})
