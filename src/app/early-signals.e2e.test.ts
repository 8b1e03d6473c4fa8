import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { withClient } from '../../load/services/postgres-server.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'

const DRAIN_MS = 10_000

let pipeline: TestPipeline
let directory: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_LIFECYCLE_DRAIN_MS: `${DRAIN_MS}` } })
  directory = await temporaryDirectory()
  await writeFile(join(directory, 'a.log'), generateLog(9, 200).text())
})

test('a signal at any moment of the start ends the process, and the next one does the work', async () => {
  for (const atMs of [0, 50, 100, 200, 300, 400, 600]) {
    const began = performance.now()
    const started = pipeline.start(['run', directory])
    await pollUntil(`${atMs} ms have passed`, () => performance.now() - began >= atMs, { intervalMs: 1 })
    const exit = await started.kill('SIGTERM', { timeoutMs: DRAIN_MS })
    // Before the program is loaded nobody listens, and the signal does what it does by itself.
    expect(exit.code === 0 || exit.signal === 'SIGTERM', `at ${atMs} ms: ${JSON.stringify(exit)}`).toBe(true)
  }
  await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(200)
  await pipeline.expectBalanced(200)
})

test('a signal while the start waits for the database is not forgotten', async () => {
  const started = await withClient(pipeline.databaseUrl, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK sluice.log_types IN ACCESS EXCLUSIVE MODE')
    const waiting = pipeline.start(['run', directory])
    await pollUntil('the start waits for the lock', async () => {
      const { rowCount } = await client.query(
        `SELECT FROM pg_locks WHERE NOT granted AND relation = 'sluice.log_types'::regclass`,
      )
      return rowCount === 1
    })
    waiting.process.kill('SIGTERM')
    await client.query('COMMIT')
    return waiting
  })
  const exit = await started.waitForExit({ timeoutMs: DRAIN_MS })
  expect(exit).toMatchObject({ code: 0, signal: null })
  expect(exit.stderr).toContain('"message":"Drained."')
})
