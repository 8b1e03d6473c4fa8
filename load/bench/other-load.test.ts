import { expect, test } from 'vitest'
import { shareOfOthers } from './other-load.js'

test("what is busy and not ours is others', as a share of all time", () => {
  expect(shareOfOthers(60, 100, 50)).toBe(10)
  expect(shareOfOthers(50, 100, 50.1)).toBe(0)
  expect(shareOfOthers(0, 0, 0)).toBe(0)
})
