import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import type { Rollup } from '../log-types/declaration/rollup.js'
import { RollupCounts } from './rollup-counts.js'

/** What was counted for one rollup. */
export interface Counted {
  readonly rollup: Rollup
  /** Binary COPY tuples: hour, events, keys. */
  readonly tuples: Buffer
  readonly size: number
}

interface Condition {
  readonly field: number
  readonly value: Buffer
}

interface Counter {
  readonly rollup: Rollup
  readonly conditions: readonly Condition[]
  /** A condition on a column that the tuples do not have. */
  readonly never: boolean
  readonly counts: RollupCounts
}

const hourMicros = 3_600_000_000
const twoTo32 = 4_294_967_296
/** High words within which microseconds are safe integers: the years 1715 to 2285. */
const safeHigh = 2 ** 21

/**
 * Counts the rows of binary COPY tuples for each rollup, in one walk over their bytes that makes no object per row.
 * `columns` are those of the tuples. A key column that they lack is NULL in the table, and counts as NULL.
 */
export function countTuples(
  columns: readonly string[],
  rollups: readonly Rollup[],
  tuples: readonly Buffer[],
): Counted[] {
  const timestampField = columns.indexOf(PARTITION_KEY)
  const walk = new TupleWalk(columns.length)
  // The rows of an hour come together as a rule: they are added when the next hour begins.
  const counters = rollups.map((rollup) => createCounter(columns, rollup))
  const whole = counters.filter(({ rollup, never }) => isWhole(rollup) && !never)
  const keyed = counters.filter(({ rollup, never }) => !isWhole(rollup) && !never)
  const { starts } = walk
  for (const bytes of tuples) {
    let hour = 0
    let rowsOfHour = 0
    let from = 1
    let until = 0
    for (let at = 0; at < bytes.length; ) {
      const next = walk.read(bytes, at)
      const time = starts[timestampField]! + 4
      const high = bytes.readInt32BE(time)
      const micros = high * twoTo32 + bytes.readUInt32BE(time + 4)
      const isSafe = high < safeHigh && high >= -safeHigh
      if (!(isSafe && micros >= from && micros < until)) {
        if (rowsOfHour > 0) for (const { counts } of whole) counts.add(bytes, starts, hour, rowsOfHour)
        rowsOfHour = 0
        hour = isSafe ? Math.floor(micros / hourMicros) : distantHour(bytes.readBigInt64BE(time))
        from = isSafe ? hour * hourMicros : 1
        until = isSafe ? from + hourMicros : 0
      }
      rowsOfHour++
      for (let i = 0; i < keyed.length; i++) {
        const { conditions, counts } = keyed[i]!
        if (conditions.length === 0 || fits(bytes, starts, conditions)) counts.add(bytes, starts, hour)
      }
      at = next
    }
    if (rowsOfHour > 0) for (const { counts } of whole) counts.add(bytes, starts, hour, rowsOfHour)
  }
  return counters.map(({ rollup, counts }) => ({ rollup, tuples: counts.tuples(), size: counts.size }))
}

/** All rows of the hour. */
function isWhole({ keys, where }: Rollup): boolean {
  return keys.length === 0 && Object.keys(where).length === 0
}

function createCounter(columns: readonly string[], { keys, where, name }: Rollup): Counter {
  const conditions = Object.entries(where).map(([column, text]): Condition => {
    const value = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeInt32BE(value.length)
    return { field: columns.indexOf(column), value: Buffer.concat([length, value]) }
  })
  const fields = keys.map((key) => (columns.includes(key) ? columns.indexOf(key) : columns.length))
  return {
    rollup: { keys, where, name },
    conditions,
    never: conditions.some(({ field }) => field < 0),
    counts: new RollupCounts(fields),
  }
}

function fits(bytes: Buffer, starts: Uint32Array, conditions: readonly Condition[]): boolean {
  for (const { field, value } of conditions) {
    const from = starts[field]!
    if (starts[field + 1]! - from !== value.length) return false
    for (let i = 0; i < value.length; i++) if (bytes[from + i] !== value[i]) return false
  }
  return true
}

function distantHour(micros: bigint): number {
  const stride = BigInt(hourMicros)
  const hour = micros / stride
  return Number(micros < 0n && hour * stride !== micros ? hour - 1n : hour)
}

/** Where the fields of a tuple are; one object for all tuples. */
class TupleWalk {
  /** Of each field, where its length word is; then where the tuple ends, twice (RollupCounts.add). */
  readonly starts: Uint32Array

  constructor(private readonly fieldCount: number) {
    this.starts = new Uint32Array(fieldCount + 2)
  }

  /** Returns where the next tuple begins. Throws on bytes that are no such tuple. */
  read(bytes: Buffer, start: number): number {
    const { starts, fieldCount } = this
    if (((bytes[start]! << 8) | bytes[start + 1]!) !== fieldCount) throw malformed(start)
    let at = start + 2
    for (let field = 0; field < fieldCount; field++) {
      starts[field] = at
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      if (length > 0) at += length
      at += 4
    }
    // Past the end nothing was read but zeros, so the walk ends in any case.
    if (at > bytes.length) throw malformed(start)
    starts[fieldCount] = at
    starts[fieldCount + 1] = at
    return at
  }
}

function malformed(at: number): Error {
  return new Error(`expected a binary COPY tuple, got malformed bytes at offset ${at}`)
}
