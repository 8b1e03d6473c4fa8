import { expect, test } from 'vitest'
import { loadSettings } from '../../../src/settings/load-settings.js'
import { boundDrain } from './drain-bound.js'

const settings = loadSettings({ env: {} })
const sumMs = (linesLeft: number, mostPublishingsAgain: number) =>
  boundDrain(settings, { linesLeft, mostPublishingsAgain }, 1000).reduce((sum, { ms }) => sum + ms, 0)

test('lines that are left count at the pace of the load', () => {
  expect(sumMs(5000, 0) - sumMs(0, 0)).toBe(5000)
})

test('a chunk that was published again often may take longer, but not for ever', () => {
  const once = sumMs(0, 1)
  expect(sumMs(0, 4) - once).toBe(7 * settings.reader.republishGraceMs)
  expect(sumMs(0, 100) - once).toBe(600_000 - settings.reader.republishGraceMs)
})
