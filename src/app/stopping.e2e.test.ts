import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { consumersOf, listConsumers } from '../../load/test/pending-work.js'
import { pollUntil } from '../../load/test/poll-until.js'
import type { SluiceProcess } from '../../load/test/sluice-process.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 40_000

/** A reader that pauses after every few batches, so that a run lasts long enough to be interrupted in its middle. */
const UNHURRIED = { SLUICE_READER_MAX_STREAM_ENTRIES: '8' }

let pipeline: TestPipeline
let directory: string
let oracle: Oracle
beforeEach(async () => {
  pipeline = await createTestPipeline({
    isMigrated: true,
    env: { SLUICE_READER_CHUNK_LINES: '500', SLUICE_LIFECYCLE_DRAIN_MS: '20000' },
  })
  directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 71, lines: LINES, files: 2, hostilePercent: 0.5 }, { directory })
})

async function expectNothingLeftOf(stopped: readonly SluiceProcess[]): Promise<void> {
  for (const stage of ['parser', 'indexer'] as const) {
    const consumers = await listConsumers(pipeline, stage)
    for (const one of stopped) expect(consumersOf(consumers, one)).toEqual([])
  }
}

test('SIGTERM under load drains: what was taken is committed and acknowledged, and the next run finishes', async () => {
  const parser = await pipeline.startRole('parser')
  const indexer = await pipeline.startRole('indexer')
  const all = await pipeline.startRole('all', [directory], UNHURRIED)
  await pipeline.waitForLines(1, { intervalMs: 10 })
  const stopped = [all, parser, indexer]
  const exits = await Promise.all(stopped.map((one) => one.kill('SIGTERM', { timeoutMs: 20_000 })))
  for (const exit of exits) {
    expect(exit).toMatchObject({ code: 0, signal: null })
    expect(exit.stderr).toContain('"message":"Drained."')
  }
  await expectNothingLeftOf(stopped)
  expect(await pipeline.committedLines()).toBeLessThan(LINES)

  await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})

test('a second signal ends a drain at once, and the next run finishes', async () => {
  const all = await pipeline.startRole('all', [directory], UNHURRIED)
  await pipeline.waitForLines(1, { intervalMs: 10 })
  all.process.kill('SIGTERM')
  await all.waitForLine(/"message":"Draining\."/, { intervalMs: 1 })
  all.process.kill('SIGTERM')
  expect([0, 130]).toContain((await all.waitForExit({ timeoutMs: 10_000 })).code)
  await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})

test('an interrupted ingest ends with 130 and goes on the next time', async () => {
  const ingest = pipeline.start(['ingest', directory], UNHURRIED)
  await pollUntil('some lines are committed', async () => (await pipeline.committedLines()) > 0, {
    intervalMs: 10,
  })
  const exit = await ingest.kill('SIGINT', { timeoutMs: 20_000 })
  expect(exit).toMatchObject({ code: 130, signal: null })
  expect(exit.stderr).toContain('error SLUICE_INTERRUPTED')
  await expectNothingLeftOf([ingest])
  const committed = await pipeline.committedLines()
  expect(committed).toBeLessThan(LINES)
  const result = await pipeline.ingest([directory])
  expect(result.newLines).toBeLessThanOrEqual(LINES - committed)
  await pipeline.expectOracle(oracle)
})
