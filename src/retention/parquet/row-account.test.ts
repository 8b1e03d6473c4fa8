import { describe, expect, it } from 'vitest'
import { type ColdValue, coldText, readColdValue } from './cold-columns.js'
import { RowAccount } from './row-account.js'

const columns = [{ name: 'source_id' }, { name: 'line_offset' }, { name: 'value' }]

function digestOf(...values: ColdValue[]): string {
  const account = new RowAccount(columns)
  account.add([values.map(() => 1), values.map((_, row) => BigInt(row)), values])
  return account.digest()
}

describe('RowAccount', () => {
  it('tells values apart, whatever their kind', () => {
    const all = [
      [1n, 2n],
      [1.5, 2],
      [Number.NaN, 2],
      [null, 2],
      [null, null],
      ['', ''],
      ['a,b', ''],
      ['a', 'b,'],
    ]
    const digests = [...all, ['a', ',b'], [true, false]].map((values) => digestOf(...values))
    expect(new Set(digests).size).toBe(all.length + 2)
  })
})

describe('coldText', () => {
  it('gives back what PostgreSQL printed', () => {
    for (const text of ['0.1', '-0', 'NaN', 'Infinity', '-Infinity', null]) {
      expect(coldText(readColdValue('double', text))).toBe(text)
    }
    for (const text of ['-9223372036854775808', '9223372036854775807']) {
      expect(coldText(readColdValue('int64', text))).toBe(text)
    }
  })
})
