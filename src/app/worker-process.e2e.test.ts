import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { isAlive } from '../../load/test/is-alive.js'
import { listConsumers } from '../../load/test/pending-work.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type RoleProcess, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 40_000

let directory: string
let oracle: Oracle
beforeAll(async () => {
  directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 32, lines: LINES, files: 2, hostilePercent: 0.5 }, { directory })
})

/** A reader that pauses after every few batches: there is work in hand for long enough. */
const env = { SLUICE_READER_CHUNK_LINES: '500', SLUICE_READER_MAX_STREAM_ENTRIES: '8' }

let pipeline: TestPipeline
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, env })
})

async function workerOf({ process }: RoleProcess): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const children = stdout
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === process.pid)
  expect(children).toHaveLength(1)
  return children[0]![0]!
}

test('parser and indexer beside a reader are a process; killed, it is replaced, and no line is lost or doubled', async () => {
  const all = await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(LINES / 20, { intervalMs: 5 })
  const killed = await workerOf(all)
  process.kill(killed, 'SIGKILL')
  await all.waitForLine(/the worker process ended with SIGKILL/)
  expect(await pipeline.committedLines()).toBeLessThan(LINES)
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  expect(await workerOf(all)).not.toBe(killed)
  expect(await all.kill('SIGTERM')).toMatchObject({ code: 0 })
})

test('it ends with its parent, however that ends', async () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const all = await pipeline.startRole('all', [directory])
    // With work in hand, so that it has things to tell.
    const committed = await pipeline.committedLines()
    await pipeline.waitForLines(committed + 1, { intervalMs: 5 })
    const worker = await pollUntil('the worker runs', () => workerOf(all).catch(() => undefined))
    // Well below the time after which a drain is cut off.
    await all.kill(signal, { timeoutMs: 15_000 })
    await pollUntil('the worker ends', () => !isAlive(worker))
    expect(all.stderrLines().filter((line) => !line.startsWith('{'))).toEqual([])
    expect((await listConsumers(pipeline, 'parser')).filter(({ pending }) => pending > 0)).toEqual([])
    expect((await listConsumers(pipeline, 'indexer')).filter(({ pending }) => pending > 0)).toEqual([])
  }
})

test('a signal to the whole group, such as Ctrl-C, drains as one to the parent does', async () => {
  const all = await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(1, { intervalMs: 5 })
  process.kill(await workerOf(all), 'SIGINT')
  expect(await all.kill('SIGINT')).toMatchObject({ code: 0 })
  expect(all.stderrLines().join('\n')).not.toContain('the worker process ended')
  await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})
