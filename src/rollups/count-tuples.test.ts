import { describe, expect, it } from 'vitest'
import type { Rollup } from '../log-types/declaration/rollup.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTuple, tupleOffsets } from '../postgres/read-tuple.js'
import { readInteger, readTimestamptz } from '../postgres/read-value.js'
import { countTuples } from './count-tuples.js'

const columns = ['source_id', 'timestamp', 'name', 'status']
const all: Rollup = { name: 'all', keys: [], where: {} }
const byName: Rollup = { name: 'by_name', keys: ['name'], where: {} }

const hourMicros = 3_600_000_000

/** Tuples of rows: microseconds since 2000, name, status. */
function tuplesOf(...rows: (readonly [number, string | null, string?])[]): Buffer {
  const writer = new CopyWriter()
  for (const [micros, name, status = 'Failed'] of rows) {
    writer.beginTuple(4)
    writer.writeInt4(7)
    const day = Math.floor(micros / (24 * hourMicros))
    writer.writeTimestamptz(micros - day * 24 * hourMicros, day)
    for (const text of [name, status]) {
      if (text === null) writer.writeNull()
      else writer.writeText(text)
    }
  }
  return writer.take()
}

/** hour → "key key" → events. */
function counted(
  rollup: Rollup,
  tuples: readonly Buffer[],
  of = columns,
): Record<string, Record<string, number>> {
  const [one] = countTuples(of, [rollup], tuples)
  const found: Record<string, Record<string, number>> = {}
  const starts = tupleOffsets(one!.tuples)
  expect(starts.length - 1).toBe(one!.size)
  for (const start of starts.subarray(0, -1)) {
    const [hour, events, ...keys] = readTuple(one!.tuples, start)
    const key = keys.map((field) => field?.toString() ?? 'NULL').join(' ')
    const text = readTimestamptz(hour!).slice(0, 13)
    found[text] ??= {}
    const ofHour = found[text]
    expect(ofHour[key]).toBe(undefined)
    ofHour[key] = Number(readInteger(events!))
  }
  return found
}

describe('counting tuples', () => {
  it('counts all rows of an hour, in whatever order and buffers they come', () => {
    const one = tuplesOf([0, 'a'], [hourMicros - 1, 'b'], [hourMicros, 'a'])
    const two = tuplesOf([1, 'c'], [5 * hourMicros, 'a'])
    expect(counted(all, [one, two])).toEqual({
      '2000-01-01T00': { '': 3 },
      '2000-01-01T01': { '': 1 },
      '2000-01-01T05': { '': 1 },
    })
  })

  it('puts times before 2000 and in distant years into the hour that they are in', () => {
    const tuples = tuplesOf(
      [-1, 'a'],
      [-hourMicros, 'a'],
      [-hourMicros - 1, 'a'],
      [-146_097 * 24 * hourMicros, 'a'],
    )
    const writer = new CopyWriter()
    writer.beginTuple(4)
    writer.writeInt4(7)
    // 9999-12-31T23:59:59.999999Z
    writer.writeTimestamptz(24 * hourMicros - 1, 2_921_939)
    writer.writeNull()
    writer.writeNull()
    expect(counted(all, [tuples, writer.take()])).toEqual({
      '1999-12-31T23': { '': 2 },
      '1999-12-31T22': { '': 1 },
      '1600-01-01T00': { '': 1 },
      '9999-12-31T23': { '': 1 },
    })
  })

  it('counts by key, with NULL and the empty text as keys of their own', () => {
    const tuples = tuplesOf([0, 'a'], [0, null], [0, ''], [1, 'a'], [2, null], [hourMicros, 'a'], [3, 'aa'])
    expect(counted(byName, [tuples])).toEqual({
      '2000-01-01T00': { a: 2, NULL: 2, '': 1, aa: 1 },
      '2000-01-01T01': { a: 1 },
    })
  })

  it('tells keys apart whose bytes together are the same', () => {
    const rollup = { name: 'two', keys: ['name', 'status'], where: {} }
    expect(counted(rollup, [tuplesOf([0, 'a', 'bc'], [0, 'ab', 'c'], [0, 'a', 'bc'])])).toEqual({
      '2000-01-01T00': { 'a bc': 2, 'ab c': 1 },
    })
  })

  it('counts only rows with the text that is asked for', () => {
    const rollup = { ...byName, where: { status: 'Failed' } }
    const tuples = tuplesOf([0, 'a'], [0, 'a', 'Accepted'], [0, 'b', 'Failed2'], [0, 'b', 'failed'], [0, 'c'])
    expect(counted(rollup, [tuples])).toEqual({ '2000-01-01T00': { a: 1, c: 1 } })
  })

  it('counts by NULL where rows have an older layout, and none where a condition is on a new column', () => {
    const rollup = { name: 'newer', keys: ['zone', 'name'], where: {} }
    expect(counted(rollup, [tuplesOf([0, 'a'], [0, 'b'], [0, 'a'])])).toEqual({
      '2000-01-01T00': { 'NULL a': 2, 'NULL b': 1 },
    })
    expect(counted({ ...byName, where: { zone: 'dmz' } }, [tuplesOf([0, 'a'])])).toEqual({})
  })

  it('grows with the keys', () => {
    const rows = Array.from({ length: 50_000 }, (_, n) => [n % 7, `name ${n % 20_011}`] as const)
    const found = counted(byName, [tuplesOf(...rows)])['2000-01-01T00']!
    expect(Object.keys(found)).toHaveLength(20_011)
    expect(Object.values(found).reduce((sum, events) => sum + events, 0)).toBe(50_000)
    expect([found['name 1'], found['name 20010']]).toEqual([3, 2])
  })

  it('refuses bytes that are no such tuples', () => {
    const tuples = tuplesOf([0, 'a'])
    for (const length of [1, 10, tuples.length - 1])
      expect(() => counted(byName, [tuples.subarray(0, length)])).toThrow(/malformed/)
    expect(() => counted(byName, [tuples], [...columns, 'extra'])).toThrow(/malformed/)
  })
})
