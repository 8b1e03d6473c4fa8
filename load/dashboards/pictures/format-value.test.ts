import { expect, it } from 'vitest'
import { formatValue } from './format-value.js'

it.each([
  [0, 's', '0 s'],
  [0.0123, 's', '12.3 ms'],
  [75, 's', '1.25 mins'],
  [93_600, 's', '1.08 days'],
  [1536, 'bytes', '1.5 KiB'],
  [2_500_000, 'Bps', '2.5 MB/s'],
  [0.0512, 'percentunit', '5.12%'],
  [1, 'percentunit', '100%'],
  [999, 'short', '999'],
  [1234, 'short', '1.23 K'],
  [12, 'ops', '12 ops/s'],
  [2070, 'count:lines/s', '2.07K lines/s'],
])('%s in %s is %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text)
})

it('keeps to the decimals that it is told', () => {
  expect(formatValue(1999.6, 'short', 0)).toBe('2 K')
  expect(formatValue(0.0512, 'percentunit', 1)).toBe('5.1%')
})

it('says what it cannot write', () => {
  expect(() => formatValue(1, 'fortnights')).toThrow('fortnights')
})
