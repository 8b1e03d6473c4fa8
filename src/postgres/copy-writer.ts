/**
 * Rows in PostgreSQL's binary COPY format, all integers big endian:
 *
 *   stream   | copyHeader 19 bytes | tuple | tuple | … | copyTrailer 2 bytes |
 *   header   | "PGCOPY\n\377\r\n\0" 11 | flags int32 = 0 | extension length int32 = 0 |
 *   tuple    | field count int16 | field | field | … |
 *   field    | length int32 (-1: NULL) | value |
 *   trailer  | int16 = -1 |
 *
 *   int2 int4 int8   the integer
 *   text, bytea      the bytes                       jsonb  | version 1 | JSON text |
 *   inet, cidr       | family 2 or 3 | prefix bits, of inet 32 or 128 | is_cidr 0 or 1 | length 4 or 16 | address |
 *   float8           IEEE 754                        bool   one byte, 0 or 1
 *   macaddr, uuid    the 6 or 16 bytes
 *   array, one       | dimensions int32 = 1 | has NULLs int32 | element OID int32 | count int32 | lower bound int32 = 1 |
 *   dimension        field | field | …;  empty: | dimensions int32 = 0 | 0 | element OID int32 |
 *   timestamptz      int64, microseconds since 2000-01-01T00:00:00Z
 *
 * A CopyWriter holds tuples only, so that the tuples of many batches can be joined between one header and
 * one trailer.
 */

/** What a COPY … FROM STDIN (FORMAT binary) stream starts with. */
export const copyHeader: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')

/** What the stream ends with. */
export const copyTrailer: Buffer = Buffer.from([0xff, 0xff])

/** OIDs of the types that arrays are made of. */
export const elementOids = { text: 25, integer: 23, bigint: 20, inet: 869 } as const

const TWO_TO_32 = 4_294_967_296
/** A day in microseconds is 20 · 2^32 + 500 654 080. */
const DAY_HIGH = 20
const DAY_LOW = 500_654_080
/** Up to here a byte loop is faster than the call into native code. */
const LOOP_COPY_BYTES = 48

/** Growable buffer of binary-COPY tuples. Not shared: one writer belongs to one synchronous encoding loop. */
export class CopyWriter {
  /** Bytes [0, position) are written. Replaced when the writer grows: do not keep it over a write. */
  buffer: Buffer
  /** The same bytes, for those who write several at a time; replaced with the buffer. */
  view: DataView
  position = 0

  constructor(initialBytes = 65_536) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, 64))
    this.view = new DataView(this.buffer.buffer)
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.position + bytes > this.buffer.length) this.grow(bytes)
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.position + bytes))
    this.buffer.copy(larger, 0, 0, this.position)
    this.buffer = larger
    this.view = new DataView(larger.buffer)
  }

  /** Starts a row; exactly so many fields must follow. */
  beginTuple(fieldCount: number): void {
    this.reserve(2)
    const at = this.position
    this.buffer[at] = fieldCount >>> 8
    this.buffer[at + 1] = fieldCount
    this.position = at + 2
  }

  /** Starts a row whose first fields are an int4, an int8 from a safe integer, and an int2. */
  beginRow(fieldCount: number, first: number, second: number, third: number): void {
    if (!Number.isSafeInteger(second)) throw new RangeError(`expected a safe integer, got ${second}`)
    const high = Math.floor(second / TWO_TO_32)
    this.reserve(28)
    const { view, position } = this
    view.setInt16(position, fieldCount)
    view.setInt32(position + 2, 4)
    view.setInt32(position + 6, first)
    view.setInt32(position + 10, 8)
    view.setInt32(position + 14, high)
    view.setInt32(position + 18, second - high * TWO_TO_32)
    view.setInt32(position + 22, 2)
    view.setInt16(position + 26, third)
    this.position = position + 28
  }

  writeNull(): void {
    this.reserve(4)
    this.putInt4(-1)
  }

  writeInt2(value: number): void {
    if ((value << 16) >> 16 !== value) throw new RangeError(`expected an int2, got ${value}`)
    this.reserve(6)
    this.putInt4(2)
    const at = this.position
    this.buffer[at] = value >> 8
    this.buffer[at + 1] = value
    this.position = at + 2
  }

  writeInt4(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`expected an int4, got ${value}`)
    this.reserve(8)
    this.putInt4(4)
    this.putInt4(value)
  }

  /** Writes an int8 from a safe integer; see writeBigint8 for the rest of its range. */
  writeInt8(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`expected a safe integer, got ${value}`)
    const high = Math.floor(value / TWO_TO_32)
    this.reserve(12)
    this.putInt4(8)
    this.putInt4(high)
    this.putInt4(value - high * TWO_TO_32)
  }

  /** Writes any int8; throws outside of its range. */
  writeBigint8(value: bigint): void {
    this.reserve(12)
    this.putInt4(8)
    this.position = this.buffer.writeBigInt64BE(value, this.position)
  }

  /** Writes the bytes [start, end) of `source` as a text or bytea field. */
  writeBytes(source: Buffer, start: number, end: number): void {
    const length = end - start
    this.reserve(4 + length)
    this.putInt4(length)
    const target = this.buffer
    let at = this.position
    if (length <= LOOP_COPY_BYTES) {
      for (let i = start; i < end; i++) target[at++] = source[i]!
    } else {
      source.copy(target, at, start, end)
    }
    this.position += length
  }

  writeText(value: string): void {
    const length = Buffer.byteLength(value)
    this.reserve(4 + length)
    this.putInt4(length)
    this.buffer.write(value, this.position, 'utf8')
    this.position += length
  }

  /** Writes the JSON text [start, end) of `source` as a jsonb field. */
  writeJsonb(source: Buffer, start: number, end: number): void {
    const length = 1 + end - start
    this.reserve(4 + length)
    this.putInt4(length)
    this.buffer[this.position] = 1
    source.copy(this.buffer, this.position + 1, start, end)
    this.position += length
  }

  /** Writes an IPv4 host address, given as an unsigned 32-bit integer. */
  writeInetV4(address: number): void {
    this.reserve(12)
    this.putInt4(8)
    this.putInt4(0x02_20_00_04)
    this.putInt4(address)
  }

  /** Writes an IPv6 host address, given as its 16 bytes. */
  writeInetV6(bytes16: Uint8Array): void {
    this.reserve(24)
    this.putInt4(20)
    this.putInt4(0x03_80_00_10)
    const target = this.buffer
    let at = this.position
    for (let i = 0; i < 16; i++) target[at++] = bytes16[i]!
    this.position = at
  }

  /**
   * Writes a timestamptz: `micros` microseconds and `days` whole days since 2000-01-01T00:00:00Z. The days
   * are apart because microseconds alone are a safe integer only for the years 1715 to 2285.
   */
  writeTimestamptz(micros: number, days = 0): void {
    const low = days * DAY_LOW + micros
    if (!Number.isSafeInteger(low)) throw new RangeError(`expected safe integers, got ${micros}, ${days}`)
    const carry = Math.floor(low / TWO_TO_32)
    this.reserve(12)
    this.putInt4(8)
    this.putInt4(days * DAY_HIGH + carry)
    this.putInt4(low - carry * TWO_TO_32)
  }

  writeDouble(value: number): void {
    this.reserve(12)
    this.putInt4(8)
    this.position = this.buffer.writeDoubleBE(value, this.position)
  }

  writeBoolean(value: boolean): void {
    this.reserve(5)
    this.putInt4(1)
    this.buffer[this.position++] = value ? 1 : 0
  }

  /** Writes a network: the first `length` bytes, 4 or 16, of `address`, whose bits after the prefix are 0. */
  writeCidr(address: Uint8Array, length: number, prefixBits: number): void {
    this.reserve(8 + length)
    this.putInt4(4 + length)
    this.putInt4(((length === 4 ? 2 : 3) << 24) | (prefixBits << 16) | (1 << 8) | length)
    for (let i = 0; i < length; i++) this.buffer[this.position++] = address[i]!
  }

  /** Starts an array field, whose elements are then written as fields are. Returns what endArray must be given. */
  beginArray(elementOid: number): number {
    const began = this.position
    this.reserve(24)
    this.putInt4(0)
    this.putInt4(1)
    this.putInt4(0)
    this.putInt4(elementOid)
    this.putInt4(0)
    this.putInt4(1)
    return began
  }

  endArray(began: number, count: number, hasNulls: boolean): void {
    const { view } = this
    if (count === 0) {
      view.setInt32(began + 4, 0)
      this.position = began + 16
    } else {
      view.setInt32(began + 8, hasNulls ? 1 : 0)
      view.setInt32(began + 16, count)
    }
    view.setInt32(began, this.position - began - 4)
  }

  /** Forgets what was written from `position` on, such as a tuple that turned out to be refused. */
  rewind(position: number): void {
    if (!(position >= 0 && position <= this.position)) {
      throw new RangeError(`expected a position from 0 to ${this.position}, got ${position}`)
    }
    this.position = position
  }

  /** What is written, as a view that holds until the next write, rewind or reset. */
  written(): Buffer {
    return this.buffer.subarray(0, this.position)
  }

  /** Returns a copy of what is written and starts anew. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.position)
    this.buffer.copy(taken, 0, 0, this.position)
    this.position = 0
    return taken
  }

  reset(): void {
    this.position = 0
  }

  /** The caller has reserved the bytes. */
  private putInt4(value: number): void {
    const target = this.buffer
    const at = this.position
    // A stored byte keeps the low 8 bits, and >> takes numbers modulo 2^32: no masking needed.
    target[at] = value >> 24
    target[at + 1] = value >> 16
    target[at + 2] = value >> 8
    target[at + 3] = value
    this.position = at + 4
  }
}
