import { describe, expect, it } from 'vitest'
import { createProgress } from './progress.js'

function withClock() {
  const clock = { ms: 1000 }
  return { clock, progress: createProgress(() => clock.ms) }
}

describe('progress', () => {
  it('is healthy without loops and while each loop is within its allowance', () => {
    const { clock, progress } = withClock()
    expect(progress.report()).toEqual({ healthy: true, loops: [] })
    progress.register('reader', 5000)
    clock.ms += 5000
    expect(progress.report().healthy).toBe(true)
  })

  it('names the loop that got nowhere and since when, and recovers with the next beat', () => {
    const { clock, progress } = withClock()
    progress.register('reader', 5000)
    progress.register('parser', 5000)
    clock.ms += 5001
    progress.beat('parser')
    const { healthy, loops } = progress.report()
    expect(healthy).toBe(false)
    expect(loops.map((loop) => [loop.loop, loop.healthy, loop.secondsSinceProgress])).toEqual([
      ['reader', false, 5.001],
      ['parser', true, 0],
    ])
    progress.beat('reader')
    expect(progress.report().healthy).toBe(true)
  })

  it('accepts waiting for something outside only as long as the loop says so', () => {
    const { clock, progress } = withClock()
    progress.register('indexer', 5000)
    clock.ms += 4000
    progress.waiting('indexer', 'PostgreSQL')
    clock.ms += 4000
    expect(progress.report()).toMatchObject({
      healthy: true,
      loops: [{ waitingFor: 'PostgreSQL', secondsSinceProgress: 8 }],
    })
    clock.ms += 1001
    expect(progress.report().healthy).toBe(false)
    progress.beat('indexer')
    expect(progress.report().loops[0]).not.toHaveProperty('waitingFor')
  })

  it('shows the loops of another process beside its own, as they were told of last', () => {
    const { progress } = withClock()
    progress.register('reader', 5000)
    const [other] = progress.report().loops
    progress.mirror([{ ...other!, loop: 'parser consume', healthy: false }])
    expect(progress.report().loops.map(({ loop }) => loop)).toEqual(['reader', 'parser consume'])
    expect(progress.report().healthy).toBe(false)
    progress.mirror([])
    expect(progress.report()).toMatchObject({ healthy: true, loops: [{ loop: 'reader' }] })
  })

  it('forgets a loop that has ended, and late beats of it', () => {
    const { clock, progress } = withClock()
    progress.register('sweep', 10)
    progress.remove('sweep')
    progress.beat('sweep')
    progress.waiting('sweep', 'nothing')
    clock.ms += 1000
    expect(progress.report()).toEqual({ healthy: true, loops: [] })
  })

  it('does not take a clock that was set back for silence', () => {
    const { clock, progress } = withClock()
    progress.register('reader', 10)
    clock.ms = 0
    expect(progress.report().loops[0]).toMatchObject({ healthy: true, secondsSinceProgress: 0 })
  })
})
