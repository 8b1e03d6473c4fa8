import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMetric, waitForMetric } from '../../load/faults/read-metric.js'
import { type EmbeddedServices, startEmbeddedServices } from '../../load/services/services.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline } from '../../load/test/test-pipeline.js'

let services: EmbeddedServices
beforeAll(async () => {
  services = await startEmbeddedServices()
})
afterAll(() => services.stop())

test('an outage is over for /metrics when the process that waited died in it, and the next one found none', async () => {
  const pipeline = await createTestPipeline({ services, env: { SLUICE_REDIS_COMMAND_TIMEOUT_MS: '1000' } })
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const all = await pipeline.startRole('all', [await temporaryDirectory()])
  await services.redis.kill()
  for (const stage of ['parser', 'indexer'])
    await waitForMetric(all, 'sluice_outage_active', { stage, service: 'redis' })
  // Not even where it began with the first thing that a process asks for.
  expect(await readMetric(all, 'sluice_loop_failures_total')).toBe(0)
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(all.process.pid)])
  process.kill(Number(stdout), 'SIGKILL')
  await services.redis.start()
  await all.waitForLine(/the worker process ended with SIGKILL/)
  await pollUntil('no stage waits', async () => (await readMetric(all, 'sluice_outage_active')) === 0, {
    timeoutMs: 20_000,
  })
  // Not only until the next process is there.
  await waitForMetric(all, 'process_start_time_seconds', { process: 'worker' })
  expect(await readMetric(all, 'sluice_outage_active')).toBe(0)
  expect(await all.kill('SIGTERM')).toMatchObject({ code: 0 })
})
