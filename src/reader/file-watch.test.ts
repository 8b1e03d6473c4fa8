import { expect, it } from 'vitest'
import { restAfterSearch } from './file-watch.js'

it('rests longer when searching takes long again and again, not after a single slow search', () => {
  expect(restAfterSearch(1000, 20, 15)).toBe(1000)
  expect(restAfterSearch(1000, 600, 500)).toBe(5000)
  // The first one, and one between two that are not slow.
  expect(restAfterSearch(1000, 600, 0)).toBe(1000)
  expect(restAfterSearch(1000, 20, 600)).toBe(1000)
})
