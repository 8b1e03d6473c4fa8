import { expect, test } from 'vitest'
import { createSampler } from './sampling.js'

function countChosen(total: number, wanted: number): number {
  const choose = createSampler(total, wanted)
  return Array.from({ length: total }, () => choose()).filter(Boolean).length
}

test.each([
  [1000, 10, 10],
  [1000, 999, 999],
  [1000, 5000, 1000],
  [7, 3, 3],
  [5, 0, 0],
  [0, 10, 0],
])('of %i items, %i wanted, exactly %i are chosen', (total, wanted, chosen) => {
  expect(countChosen(total, wanted)).toBe(chosen)
})
