import { describe, expect, it } from 'vitest'
import { decideBuild, howToBuild, observeGrowth, retryDelayMs } from './index-decision.js'

const policy = { indexQuietMs: 2000, indexAtBytes: 1000, indexWithinMs: 60_000 }

/** Decisions at each look of a partition that has these sizes at these times. */
function decide(...looks: Array<[atMs: number, bytes: number]>): string[] {
  let growth: ReturnType<typeof observeGrowth> | undefined
  return looks.map(([atMs, bytes]) => {
    growth = observeGrowth(growth, bytes, atMs)
    return decideBuild(growth, policy, atMs)
  })
}

describe('decideBuild', () => {
  it('builds a partition that has been quiet for long enough, seen from the first look on', () => {
    expect(decide([5000, 10], [6999, 10], [7000, 10])).toEqual(['wait', 'wait', 'at-once'])
  })

  it('counts from the last growth, and takes shrinking for a change as well', () => {
    expect(decide([0, 10], [1500, 20], [3000, 20], [3400, 5], [5000, 5], [5400, 5])).toEqual([
      ...Array(5).fill('wait'),
      'at-once',
    ])
  })

  it('builds a partition that grows when it is large', () => {
    expect(decide([0, 10], [100, 999], [200, 1000])).toEqual(['wait', 'wait', 'at-once'])
  })

  it('builds a partition that grows all the time when it has waited for long enough', () => {
    const looks = Array.from({ length: 61 }, (_, second): [number, number] => [second * 1000, second])
    const decisions = decide(...looks)
    expect(decisions.slice(0, 60)).toEqual(Array(60).fill('wait'))
    expect(decisions[60]).toBe('at-once')
  })

  it('does not wait for an empty partition to get rows', () => {
    expect(decide([0, 0], [2000, 0])).toEqual(['wait', 'at-once'])
  })

  it('lets writers go on where they would wait for long', () => {
    expect(decide([0, 4000], [1, 4001])).toEqual(['at-once', 'concurrently'])
    expect(howToBuild(4001, policy)).toBe('concurrently')
  })
})

describe('retryDelayMs', () => {
  it('grows to a bound, and faster after a failure than for one that is in use', () => {
    expect([1, 2, 3, 6, 100].map((attempts) => retryDelayMs('postponed', attempts))).toEqual([
      1000, 2000, 4000, 30_000, 30_000,
    ])
    expect([1, 2, 8, 1000].map((attempts) => retryDelayMs('failed', attempts))).toEqual([
      5000, 10_000, 600_000, 600_000,
    ])
  })
})
