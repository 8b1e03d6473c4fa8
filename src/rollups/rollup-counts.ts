import { CopyWriter } from '../postgres/copy-writer.js'

/** Hash slots at the beginning, a power of two. Grown at half full: a search ends after a slot or two. */
const firstSlots = 1024
/** Where the count stands in an entry: field count 2, hour 4 + 8, length 4. */
const countAt = 18
const countBytes = 8
/** Where the key fields begin. */
const keysAt = countAt + countBytes
const nullBytes = 4

/**
 * Counts by hour and key, in memory that grows with the keys and not with the rows. An entry is the tuple that will be
 * copied into the rollup's table:
 *
 *   | field count int16 | 8 | hour timestamptz | 8 | events int8 | length | key | length | key | …
 *
 * Keys are compared as the bytes that they are in the tuples of rows, lengths included, so NULL (-1) is a key like any.
 * Open addressing, nothing allocated for a row.
 */
export class RollupCounts {
  private readonly writer = new CopyWriter(16_384)
  /** Entry number + 1; 0 is free. */
  private slots = new Uint32Array(firstSlots)
  private hashes = new Int32Array(firstSlots / 2)
  private hours = new Float64Array(firstSlots / 2)
  private starts = new Uint32Array(firstSlots / 2)
  private counts = new Uint32Array(firstSlots / 2)
  private used = 0
  private readonly keyFields: Uint32Array

  /** `keyFields`: places of the key's fields among those of a row. */
  constructor(keyFields: readonly number[]) {
    this.keyFields = Uint32Array.from(keyFields)
  }

  /** How many keys were counted: rows of the rollup's table. */
  get size(): number {
    return this.used
  }

  /**
   * Counts rows of one key. `fieldStarts[i]` is where the length word of field i is in `bytes`, and the last one where
   * the row ends, twice: a field past the last is one that the row's layout lacks, and NULL. `hour`: whole hours since
   * 2000-01-01T00:00:00Z.
   */
  add(bytes: Buffer, fieldStarts: Uint32Array, hour: number, rows: number): void {
    const { keyFields, hours, hashes } = this
    let hash = hour | 0
    for (let k = 0; k < keyFields.length; k++) {
      const field = keyFields[k]!
      const end = fieldStarts[field + 1]!
      let at = fieldStarts[field]!
      // Four at a time: an address is three steps.
      for (; at + 4 <= end; at += 4) {
        const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
        hash = Math.imul(hash ^ word, 0x9e_37_79_b1)
        hash ^= hash >>> 15
      }
      for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01_00_01_93)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
    hash ^= hash >>> 13
    const mask = this.slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = this.slots[slot]! - 1
      if (entry < 0) break
      if (hashes[entry] === hash && hours[entry] === hour && this.isKey(entry, bytes, fieldStarts)) {
        this.counts[entry]! += rows
        return
      }
      slot = (slot + 1) & mask
    }
    this.insert(slot, hash, hour, bytes, fieldStarts, rows)
  }

  /** The tuples of all entries, in the order in which their keys came. Nothing can be counted afterwards. */
  tuples(): Buffer {
    const written = this.writer.written()
    for (let entry = 0; entry < this.used; entry++) {
      // The writer put a zero of eight bytes there, and a transaction has fewer rows than 2^32.
      written.writeUInt32BE(this.counts[entry]!, this.starts[entry]! + countAt + 4)
    }
    return written
  }

  private isKey(entry: number, bytes: Buffer, fieldStarts: Uint32Array): boolean {
    const { buffer } = this.writer
    let own = this.starts[entry]! + keysAt
    for (let k = 0; k < this.keyFields.length; k++) {
      const field = this.keyFields[k]!
      const end = fieldStarts[field + 1]!
      // A length comes first: of two fields that differ, neither is the beginning of the other.
      const from = fieldStarts[field]!
      if (from === end) own += nullBytes
      for (let at = from; at < end; at++) if (buffer[own++] !== bytes[at]) return false
    }
    return true
  }

  private insert(
    slot: number,
    hash: number,
    hour: number,
    bytes: Buffer,
    fieldStarts: Uint32Array,
    rows: number,
  ): void {
    const { writer } = this
    const entry = this.used++
    this.slots[slot] = entry + 1
    this.hashes[entry] = hash
    this.hours[entry] = hour
    this.starts[entry] = writer.position
    this.counts[entry] = rows
    writer.beginTuple(2 + this.keyFields.length)
    const day = Math.floor(hour / 24)
    writer.writeTimestamptz((hour - day * 24) * 3_600_000_000, day)
    writer.writeInt8(0)
    for (const field of this.keyFields) {
      const from = fieldStarts[field]!
      const end = fieldStarts[field + 1]!
      if (from === end) {
        writer.writeNull()
        continue
      }
      writer.reserve(end - from)
      bytes.copy(writer.buffer, writer.position, from, end)
      writer.position += end - from
    }
    if (this.used === this.counts.length) this.grow()
  }

  private grow(): void {
    const entries = this.counts.length * 2
    this.hashes = copyInto(new Int32Array(entries), this.hashes)
    this.hours = copyInto(new Float64Array(entries), this.hours)
    this.starts = copyInto(new Uint32Array(entries), this.starts)
    this.counts = copyInto(new Uint32Array(entries), this.counts)
    this.slots = new Uint32Array(entries * 2)
    const mask = this.slots.length - 1
    for (let entry = 0; entry < this.used; entry++) {
      let slot = this.hashes[entry]! & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = entry + 1
    }
  }
}

function copyInto<A extends Int32Array | Uint32Array | Float64Array>(larger: A, smaller: A): A {
  larger.set(smaller)
  return larger
}
