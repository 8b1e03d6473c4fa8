import { describe, expect, it } from 'vitest'
import { CopyWriter, copyHeader, copyTrailer, elementOids } from './copy-writer.js'
import { readTuple, tupleOffsets } from './read-tuple.js'

/** The single field that `write` wrote, without its length; null is NULL. */
function written(write: (writer: CopyWriter) => void): string | null {
  const writer = new CopyWriter()
  writer.beginTuple(1)
  write(writer)
  const tuples = writer.take()
  expect(tupleOffsets(tuples)).toEqual(Uint32Array.of(0, tuples.length))
  return readTuple(tuples, 0)[0]?.toString('hex') ?? null
}

describe('CopyWriter', () => {
  it('has the header and the trailer of the format', () => {
    expect(copyHeader.toString('hex')).toBe(`5047434f50590aff0d0a00${'00000000'.repeat(2)}`)
    expect(copyTrailer.readInt16BE()).toBe(-1)
  })

  it('writes every type in its binary form', () => {
    expect(written((w) => w.writeNull())).toBeNull()
    expect(written((w) => w.writeInt2(-2))).toBe('fffe')
    expect(written((w) => w.writeInt4(-2))).toBe('fffffffe')
    expect(written((w) => w.writeInt4(0x01020304))).toBe('01020304')
    expect(written((w) => w.writeText('ä'))).toBe('c3a4')
    expect(written((w) => w.writeText(''))).toBe('')
    expect(written((w) => w.writeInetV4(0xc0a80164))).toBe('02200004c0a80164')
    const v6 = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index)
    expect(written((w) => w.writeInetV6(v6))).toBe(`03800010${Buffer.from(v6).toString('hex')}`)
    expect(written((w) => w.writeCidr(v6, 16, 127))).toBe(`037f0110${Buffer.from(v6).toString('hex')}`)
    expect(written((w) => w.writeCidr(Buffer.from('0a000000', 'hex'), 4, 8))).toBe('020801040a000000')
    expect(written((w) => w.writeDouble(-1.5))).toBe('bff8000000000000')
    expect(written((w) => w.writeBoolean(true))).toBe('01')
  })

  it('writes arrays, also when it grows in the middle of one', () => {
    const integers = (count: number) => (w: CopyWriter) => {
      const began = w.beginArray(elementOids.integer)
      for (let i = 0; i < count; i++) w.writeInt4(i)
      if (count > 0) w.writeNull()
      w.endArray(began, count > 0 ? count + 1 : 0, count > 0)
    }
    expect(written(integers(0))).toBe('000000000000000000000017')
    expect(written(integers(1))).toBe('0000000100000001000000170000000200000001000000040000' + '0000ffffffff')
    const many = written(integers(50_000))
    expect(many).toHaveLength(2 * (20 + 50_000 * 8 + 4))
    expect(many?.slice(0, 40)).toBe('000000010000000100000017' + '0000c351' + '00000001')
  })

  it('writes int8 as BigInt arithmetic does, over all safe integers', () => {
    const values = [0, 1, -1, 255, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32) - 1, 1e15 + 7]
    for (const value of [...values, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const expected = Buffer.alloc(8)
      expected.writeBigInt64BE(BigInt(value))
      expect(written((w) => w.writeInt8(value))).toBe(expected.toString('hex'))
      expect(written((w) => w.writeBigint8(BigInt(value)))).toBe(expected.toString('hex'))
    }
  })

  it('writes timestamps as BigInt arithmetic does, also where microseconds are no safe integers', () => {
    for (const days of [-730_119, -1, 0, 1, 8780, 2_921_939]) {
      for (const micros of [0, 1, 86_399_999_999, -5]) {
        const expected = Buffer.alloc(8)
        expected.writeBigInt64BE(BigInt(days) * 86_400_000_000n + BigInt(micros))
        expect(written((w) => w.writeTimestamptz(micros, days))).toBe(expected.toString('hex'))
      }
    }
    expect(written((w) => w.writeTimestamptz(-1))).toBe('ffffffffffffffff')
  })

  it('begins a row as its fields one by one would', () => {
    for (const second of [0, 2 ** 31, 2 ** 32, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER, -1]) {
      const [short, long] = [new CopyWriter(), new CopyWriter()]
      short.beginRow(13, -7, second, 32_767)
      long.beginTuple(13)
      long.writeInt4(-7)
      long.writeInt8(second)
      long.writeInt2(32_767)
      expect(short.written()).toEqual(long.written())
    }
  })

  it('refuses numbers that the type cannot hold', () => {
    const writer = new CopyWriter()
    expect(() => writer.beginRow(3, 1, 2 ** 53, 1)).toThrow(RangeError)
    expect(() => writer.writeInt2(32_768)).toThrow(RangeError)
    expect(() => writer.writeInt4(2 ** 31)).toThrow(RangeError)
    expect(() => writer.writeInt4(0.5)).toThrow(RangeError)
    expect(() => writer.writeInt8(2 ** 53)).toThrow(RangeError)
    expect(() => writer.writeBigint8(2n ** 63n)).toThrow(RangeError)
    expect(() => writer.writeTimestamptz(0.5)).toThrow(RangeError)
  })

  it('grows as needed, whatever is written when it is full', () => {
    for (let room = 0; room < 40; room++) {
      const writer = new CopyWriter(64)
      writer.beginTuple(13)
      writer.writeBytes(Buffer.alloc(64), 0, 64 - room)
      writer.writeNull()
      writer.writeInt8(1)
      writer.writeTimestamptz(1)
      writer.writeInetV6(new Uint8Array(16))
      writer.writeText('x'.repeat(100))
      writer.writeInt4(1)
      writer.writeBigint8(1n)
      writer.writeInt2(7)
      writer.writeDouble(1)
      writer.writeBoolean(true)
      writer.writeCidr(new Uint8Array(16), 16, 0)
      writer.endArray(writer.beginArray(25), 0, false)
      const tuple = readTuple(writer.take(), 0)
      expect(tuple.map((field) => field?.length ?? null)).toEqual([
        64 - room,
        null,
        8,
        8,
        20,
        100,
        4,
        8,
        2,
        8,
        1,
        20,
        12,
      ])
    }
  })

  it('copies short and long runs of bytes alike', () => {
    const source = Buffer.from(Array.from({ length: 300 }, (_, index) => index & 255))
    for (let length = 0; length < 200; length++) {
      expect(written((w) => w.writeBytes(source, 50, 50 + length))).toBe(
        source.toString('hex', 50, 50 + length),
      )
    }
  })

  it('forgets what is rewound and keeps what was before', () => {
    const writer = new CopyWriter()
    writer.beginTuple(1)
    writer.writeInt4(1)
    const position = writer.position
    writer.beginTuple(1)
    writer.writeText('refused')
    writer.rewind(position)
    expect(() => writer.rewind(position + 1)).toThrow(RangeError)
    expect(tupleOffsets(writer.take())).toEqual(Uint32Array.of(0, 10))
  })

  it('takes a copy that later writes leave alone', () => {
    const writer = new CopyWriter()
    writer.writeInt4(1)
    const taken = writer.take()
    writer.writeInt4(2)
    expect(taken.readInt32BE(4)).toBe(1)
    writer.reset()
    expect(writer.take()).toHaveLength(0)
  })
})
