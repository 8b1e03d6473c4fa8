import { expect, it } from 'vitest'
import { decideRepublishPauseMs } from './republisher.js'

it('leaves a chunk alone for the grace first, then twice as long each time, and never for ever', () => {
  const pauses = [0, 1, 2, 3, 4, 7, 8, 1000, 10_000].map((times) => decideRepublishPauseMs(5000, times))
  expect(pauses).toEqual([5000, 5000, 10_000, 20_000, 40_000, 320_000, 600_000, 600_000, 600_000])
  expect(decideRepublishPauseMs(0, 5)).toBe(0)
})
