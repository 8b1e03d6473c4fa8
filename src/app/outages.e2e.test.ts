import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { createDatabase, type EmbeddedServices, startEmbeddedServices } from '../../load/services/services.js'
import { waitForPendingAndStop } from '../../load/test/pending-work.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type RoleProcess, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 60_000

let services: EmbeddedServices
let directory: string
let oracle: Oracle
beforeAll(async () => {
  services = await startEmbeddedServices()
  directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 41, lines: LINES, files: 2, hostilePercent: 0.5 }, { directory })
})
afterAll(() => services.stop())

let databases = 0
let pipeline: TestPipeline
let indexer: RoleProcess
/** All roles run, some lines are committed, and an indexer that is stopped keeps more from following. */
beforeEach(async () => {
  const databaseUrl = await createDatabase(services.databaseUrl, `outage_${databases++}`)
  pipeline = await createTestPipeline({
    services: { databaseUrl, redisUrl: services.redisUrl },
    // Redis has what it takes to lose something: the reader is far ahead of the indexer.
    env: { SLUICE_READER_CHUNK_LINES: '500', SLUICE_LOG_LEVEL: 'info' },
  })
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  await pipeline.startRole('parser')
  const running = await pipeline.startRole('indexer')
  await pipeline.startRole('reader', [directory])
  await pipeline.waitForLines(1, { intervalMs: 10 })
  indexer = await waitForPendingAndStop(pipeline, 'indexer', [running])
  expect(await pipeline.committedLines()).toBeLessThan(LINES)
})

const publishedAgain = async (): Promise<number> => {
  const [row] = await pipeline.query<{ chunks: number }>(
    'SELECT count(*)::int AS chunks FROM sluice.chunks WHERE publishings_again > 0',
  )
  return row?.chunks ?? 0
}

test('what Redis forgets in the middle is published again from the files', async () => {
  await pipeline.redis.flushall()
  indexer.process.kill('SIGCONT')
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  expect(await publishedAgain()).toBeGreaterThan(0)
})

test('what Redis forgets while no reader runs is published again by the next one', async () => {
  // Read to the end first, so that nothing but the ledger tells the next reader that there is something to do.
  const everything =
    'SELECT count(*)::int AS open FROM sluice.sources WHERE size_bytes IS DISTINCT FROM recorded_bytes'
  await pollUntil('everything is recorded', async () => (await pipeline.query(everything))[0]?.open === 0)
  await indexer.kill()
  await pipeline.redis.flushall()
  await pipeline.startRole('indexer')
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0, lines: LINES, inFlight: 0 })
  await pipeline.expectOracle(oracle)
})

test('a Redis that is killed and comes back, perhaps without the last second, costs no line', async () => {
  indexer.process.kill('SIGCONT')
  await services.redis.kill()
  await indexer.waitForLine(/Redis cannot be used/)
  await services.redis.start()
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})

test('a PostgreSQL that crashes and recovers costs no line, and no line is blamed for it', async () => {
  indexer.process.kill('SIGCONT')
  await services.postgres.stop('immediate')
  await indexer.waitForLine(/PostgreSQL cannot be used/)
  await services.postgres.start()
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})
