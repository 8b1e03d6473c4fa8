import { expect, test } from 'vitest'
import { encodeBinaryRow, encodeTextRow } from './encode-rows.js'

test('text rows escape what would end a value or a row', () => {
  expect(encodeTextRow(['a\tb', null, 5, 'c\\d\ne'])).toBe('a\\tb\t\\N\t5\tc\\\\d\\ne\n')
})

test('binary rows hold a count, then lengths and values', () => {
  const row = encodeBinaryRow(['integer', 'text', 'text'], [258, null, 'ä'])
  expect(row.toString('hex')).toBe('0003' + '0000000400000102' + 'ffffffff' + '00000002c3a4')
})

test('moments are microseconds since 2000', () => {
  const row = encodeBinaryRow(['timestamptz'], ['2000-01-01T00:00:01.500Z'])
  expect(row.readBigInt64BE(6)).toBe(1_500_000n)
})

test.each([
  ['192.168.1.10', '022000' + '04c0a8010a'],
  ['2001:db8::1', '038000' + '1020010db8000000000000000000000001'],
  ['::', `03800010${'00'.repeat(16)}`],
])('the address %s', (address, hex) => {
  expect(encodeBinaryRow(['inet'], [address]).subarray(6).toString('hex')).toBe(hex)
})
