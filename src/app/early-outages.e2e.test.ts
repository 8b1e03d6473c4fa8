import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { withClient } from '../../load/services/postgres-server.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { startTcpProxy } from '../../load/test/tcp-proxy.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { testRedisUrl } from '../../load/test/test-database.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'

let pipeline: TestPipeline
let directory: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true })
  directory = await temporaryDirectory()
  await writeFile(join(directory, 'a.log'), generateLog(9, 200).text())
})

/** Starts a process, and does this to it when it has found both servers and asks for the schema. */
async function duringTheStart<T>(
  env: NodeJS.ProcessEnv,
  work: (waitingPid: number) => Promise<T>,
): Promise<ReturnType<TestPipeline['start']>> {
  return withClient(pipeline.databaseUrl, async (client) => {
    await client.query('BEGIN')
    await client.query('LOCK sluice.log_types IN ACCESS EXCLUSIVE MODE')
    const starting = pipeline.start(['run', directory], env)
    const pid = await pollUntil('the start waits for the lock', async () => {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'sluice.log_types'::regclass`,
      )
      return rows[0]?.pid
    })
    await work(pid)
    await client.query('ROLLBACK')
    return starting
  })
}

test('a Redis that goes away while a process starts is waited for', async () => {
  const proxy = await startTcpProxy(testRedisUrl())
  const starting = await duringTheStart({ REDIS_URL: proxy.url }, () => proxy.cut())
  await starting.waitForLine(/Sluice runs\./)
  await proxy.mend()
  await pipeline.waitForLines(200)
  await pipeline.expectBalanced(200)
  await starting.kill('SIGTERM')
  await proxy.cut()
})

test('a PostgreSQL that goes away while a process starts is no internal error', async () => {
  const starting = await duringTheStart({}, (pid) => pipeline.query('SELECT pg_terminate_backend($1)', [pid]))
  const exit = await starting.waitForExit()
  expect(exit).toMatchObject({ code: 3 })
  expect(exit.stderr).toMatch(/^error SLUICE_POSTGRES_UNREACHABLE: /)
})
