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
  const counters = rollups.map((rollup) => new Counter(columns, rollup))
  const wholes = chain(counters.filter(({ isWhole }) => isWhole))
  const keyed = chain(counters.filter(({ isWhole, isPossible }) => !isWhole && isPossible))
  for (const bytes of tuples) countBuffer(bytes, walk, timestampField, wholes, keyed)
  return counters.map(({ rollup, counts }) => ({ rollup, tuples: counts.tuples(), size: counts.size }))
}

/**
 * The loop over rows, a function of its own that sees objects of one shape only: with arrays of counters, some of them
 * empty, V8 compiles it again and again, and a process that lives for seconds pays three times as much.
 */
function countBuffer(
  bytes: Buffer,
  walk: TupleWalk,
  timestampField: number,
  wholes: Counter | undefined,
  keyed: Counter | undefined,
): void {
  const { starts } = walk
  // The rows of an hour come together as a rule: they are added when the next hour begins.
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
      addRows(wholes, bytes, starts, hour, rowsOfHour)
      rowsOfHour = 0
      hour = isSafe ? Math.floor(micros / hourMicros) : distantHour(bytes.readBigInt64BE(time))
      from = isSafe ? hour * hourMicros : 1
      until = isSafe ? from + hourMicros : 0
    }
    rowsOfHour++
    for (let counter = keyed; counter !== undefined; counter = counter.next) {
      if (counter.fits(bytes, starts)) counter.counts.add(bytes, starts, hour, 1)
    }
    at = next
  }
  addRows(wholes, bytes, starts, hour, rowsOfHour)
}

function addRows(
  first: Counter | undefined,
  bytes: Buffer,
  starts: Uint32Array,
  hour: number,
  rows: number,
): void {
  if (rows === 0) return
  for (let counter = first; counter !== undefined; counter = counter.next) {
    counter.counts.add(bytes, starts, hour, rows)
  }
}

/** What is counted for one rollup. */
class Counter {
  /** All rows of the hour. */
  readonly isWhole: boolean
  /** No condition is on a column that the tuples do not have. */
  readonly isPossible: boolean
  readonly counts: RollupCounts
  /** The next one of those that are counted together. */
  next: Counter | undefined = undefined
  private readonly conditions: number
  private readonly fields: Uint32Array
  /** Fields of the texts asked for: length words and bytes. */
  private readonly values: readonly Buffer[]

  constructor(
    columns: readonly string[],
    readonly rollup: Rollup,
  ) {
    const asked = Object.entries(rollup.where)
    const fields = asked.map(([column]) => columns.indexOf(column))
    this.isWhole = rollup.keys.length === 0 && asked.length === 0
    this.isPossible = fields.every((field) => field >= 0)
    this.conditions = asked.length
    this.fields = Uint32Array.from(fields)
    this.values = asked.map(([, text]) => {
      const value = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeInt32BE(value.length)
      return Buffer.concat([length, value])
    })
    const keyFields = rollup.keys.map((key) =>
      columns.includes(key) ? columns.indexOf(key) : columns.length,
    )
    this.counts = new RollupCounts(keyFields)
  }

  fits(bytes: Buffer, starts: Uint32Array): boolean {
    for (let k = 0; k < this.conditions; k++) {
      const field = this.fields[k]!
      const value = this.values[k]!
      const from = starts[field]!
      if (starts[field + 1]! - from !== value.length) return false
      for (let i = 0; i < value.length; i++) if (bytes[from + i] !== value[i]) return false
    }
    return true
  }
}

function chain(counters: readonly Counter[]): Counter | undefined {
  for (const [index, counter] of counters.entries()) counter.next = counters[index + 1]
  return counters[0]
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
