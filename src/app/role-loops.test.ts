import { describe, expect, it } from 'vitest'
import { createProgress } from '../http/progress.js'
import { loadSettings } from '../settings/load-settings.js'
import type { OutageTelemetry } from '../telemetry/outage-telemetry.js'
import { createRoleLoops } from './role-loops.js'

function setUp() {
  const clock = { ms: 0 }
  const progress = createProgress(() => clock.ms)
  const settings = loadSettings({
    env: { SLUICE_POSTGRES_STATEMENT_TIMEOUT_MS: '1000', SLUICE_POSTGRES_LOCK_TIMEOUT_MS: '500' },
  })
  const unhealthy = () =>
    progress
      .report()
      .loops.filter(({ healthy }) => !healthy)
      .map(({ loop }) => loop)
  return { clock, progress, loops: createRoleLoops('reader', settings, progress), unhealthy }
}

const telemetry: OutageTelemetry = {
  redisOutage: () => {},
  redisRecovered: () => {},
  postgresOutage: () => {},
  postgresRecovered: () => {},
  loopFailed: () => {},
}

describe('the loops of a role', () => {
  it('are judged one by one: one that hangs is not hidden by those that get on', () => {
    const { clock, loops, unhealthy } = setUp()
    const [read, sweep] = [loops.watch('read 1'), loops.watch('sweep')]
    for (; clock.ms <= 130_000; clock.ms += 1000) read.beat()
    expect(unhealthy()).toEqual(['reader sweep'])
    sweep.end()
    expect(unhealthy()).toEqual([])
  })

  it('may rest as long as they like, and not be silent at work', () => {
    const { clock, loops, unhealthy } = setUp()
    const commit = loops.watch('commit 1')
    commit.rest()
    clock.ms += 10 * 3_600_000
    expect(unhealthy()).toEqual([])
    commit.begin()
    clock.ms += 119_000
    expect(unhealthy()).toEqual([])
    clock.ms += 2000
    expect(unhealthy()).toEqual(['reader commit 1'])
  })

  it('are not to blame for an outage while it lasts, whichever of them has met it', () => {
    const { clock, loops, progress, unhealthy } = setUp()
    loops.watch('read 1').begin()
    loops.watch('sweep').rest()
    const { redisOutage } = loops.noticeOutages(telemetry)
    for (; clock.ms < 600_000; clock.ms += 5000) redisOutage({ message: 'refused', retryInMs: 5000 })
    expect(unhealthy()).toEqual([])
    expect(progress.report().loops.map(({ waitingFor }) => waitingFor)).toEqual(['Redis', 'work'])
    clock.ms += 121_000
    expect(unhealthy()).toEqual(['reader read 1'])
  })
})
