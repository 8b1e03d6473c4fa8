import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { waitForPendingAndStop } from '../../load/test/pending-work.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 60_000

let directory: string
let oracle: Oracle
beforeAll(async () => {
  directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 31, lines: LINES, files: 3, hostilePercent: 0.5 }, { directory })
})

test('parsers and indexers that are killed with work in hand are replaced, and no line is lost or doubled', async () => {
  // The reader pauses after every few batches, so that there is work in hand for long enough.
  const env = { SLUICE_READER_CHUNK_LINES: '1000', SLUICE_READER_MAX_STREAM_ENTRIES: '8' }
  const pipeline = await createTestPipeline({ isMigrated: true, env })
  const parsers = [await pipeline.startRole('parser'), await pipeline.startRole('parser')]
  const indexers = [await pipeline.startRole('indexer'), await pipeline.startRole('indexer')]
  await pipeline.startRole('reader', [directory])

  await pipeline.waitForLines(LINES / 20)
  const killed = [
    await waitForPendingAndStop(pipeline, 'parser', parsers),
    await waitForPendingAndStop(pipeline, 'indexer', indexers),
  ]
  for (const role of killed) expect(await role.kill()).toMatchObject({ signal: 'SIGKILL' })
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')

  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  // What the dead held was claimed by the living; nothing had to come from the files again.
  const [chunks] = await pipeline.query<{ again: number }>(
    'SELECT sum(publishings_again)::int AS again FROM sluice.chunks',
  )
  expect(chunks?.again).toBe(0)
})

test('a reader that is killed goes on where the ledger ends', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '200' } })
  const recorded = async () => {
    const [row] = await pipeline.query<{ lines: number }>(
      'SELECT coalesce(sum(lines), 0)::int AS lines FROM sluice.chunks',
    )
    return row?.lines ?? 0
  }
  for (const share of [0.1, 0.3]) {
    const reader = await pipeline.startRole('reader', [directory])
    await pollUntil(`${share} is recorded`, async () => (await recorded()) > LINES * share, { intervalMs: 5 })
    await reader.kill()
  }
  expect(await recorded()).toBeLessThan(LINES)
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.startRole('reader', [directory])
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})
