import { expect, test } from 'vitest'
import { medianOf, percentileOf, spreadOf } from './statistics.js'

test('the median is the middle of the sorted values', () => {
  expect(medianOf([10, 9, 100])).toBe(10)
  expect(medianOf([4, 1, 2, 3])).toBe(2.5)
  expect(medianOf([])).toBeNaN()
})

test('a spread has the outermost values too, and needs at least one', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(() => spreadOf([])).toThrow(RangeError)
})

test('a percentile counts items by their weight', () => {
  const items = [
    { value: 30, weight: 1 },
    { value: 10, weight: 98 },
    { value: 20, weight: 1 },
  ]
  expect(percentileOf(items, 0.5)).toBe(10)
  expect(percentileOf(items, 0.99)).toBe(20)
  expect(percentileOf(items, 1)).toBe(30)
  expect(percentileOf([], 0.5)).toBeNaN()
})
