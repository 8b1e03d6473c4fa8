import pg from 'pg'
import { expect, it } from 'vitest'
import { createLogger } from '../telemetry/logger.js'
import { createTelemetry } from '../telemetry/telemetry.js'
import { watchLedger } from './ledger-watch.js'

it('a proof that cannot be made is counted, and says nothing of the ledger', async () => {
  const telemetry = createTelemetry({ logTypes: [], version: '0', processMetrics: false })
  const lines: string[] = []
  const stop = new AbortController()
  const watching = watchLedger({
    // Nobody listens there.
    pool: new pg.Pool({ host: '127.0.0.1', port: 1 }),
    everyMs: 5,
    metrics: telemetry.metrics,
    logger: createLogger('info', { write: (line) => lines.push(line) }),
    stop: stop.signal,
  })
  const failures = /^sluice_ledger_proof_failures_total ([1-9]\d*)$/m
  await expect.poll(() => telemetry.metricsText()).toMatch(failures)
  stop.abort()
  await watching
  expect(await telemetry.metricsText()).not.toMatch(/^sluice_ledger_(balanced|proved)/m)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('ECONNREFUSED')
})
