import { expect, it } from 'vitest'
import { HASH_PRIME, HASH_SEED, KeyTable } from './key-table.js'

function find(table: KeyTable, key: string): number {
  const bytes = Buffer.from(`x${key}aaaa`)
  const end = 1 + Buffer.byteLength(key)
  let hash = HASH_SEED
  for (let at = 1; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME)
  return table.find(bytes, 1, end, hash)
}

it('finds every key and nothing else, also where keys begin alike or share a place', () => {
  const keys = Array.from({ length: 60 }, (_, index) => 'a'.repeat(index + 1))
  const table = new KeyTable(keys)
  for (const [slot, key] of keys.entries()) {
    expect(find(table, key)).toBe(slot)
    expect(find(table, `${key}b`)).toBe(-1)
    expect(find(table, `b${key}`)).toBe(-1)
  }
  expect(find(table, 'a'.repeat(61))).toBe(-1)
  expect(find(table, '')).toBe(-1)
  expect(find(new KeyTable([]), 'a')).toBe(-1)
})

it('tells keys apart whose hashes fall together', () => {
  const table = new KeyTable(['ab', 'abc', 'b'])
  for (let hash = 0; hash < 16; hash++) {
    const bytes = Buffer.from('abcd')
    expect([-1, 0]).toContain(table.find(bytes, 0, 2, hash))
    expect([-1, 1]).toContain(table.find(bytes, 0, 3, hash))
    expect([-1, 2]).toContain(table.find(bytes, 1, 2, hash))
    expect(table.find(bytes, 0, 4, hash)).toBe(-1)
    expect(table.find(bytes, 0, 1, hash)).toBe(-1)
  }
})
