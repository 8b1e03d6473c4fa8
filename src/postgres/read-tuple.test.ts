import { describe, expect, it } from 'vitest'
import { CopyWriter, copyTrailer } from './copy-writer.js'
import { readTupleInt8, tupleOffsets, withoutTuples } from './read-tuple.js'

describe('tupleOffsets', () => {
  it('finds the start of every tuple and the end', () => {
    const writer = new CopyWriter()
    const expected: number[] = []
    for (let tuple = 0; tuple < 3000; tuple++) {
      expected.push(writer.position)
      writer.beginTuple(tuple % 4)
      for (let field = 0; field < tuple % 4; field++) {
        if (field === 1) writer.writeNull()
        else writer.writeText('x'.repeat(tuple % 7))
      }
    }
    expected.push(writer.position)
    expect(Array.from(tupleOffsets(writer.take()))).toEqual(expected)
    expect(tupleOffsets(Buffer.alloc(0))).toEqual(Uint32Array.of(0))
  })

  it('throws on malformed bytes: cut anywhere, a trailer, a length beyond the end', () => {
    const writer = new CopyWriter()
    writer.beginTuple(2)
    writer.writeText('abc')
    writer.writeNull()
    const tuple = writer.take()
    for (let end = 1; end < tuple.length; end++) {
      expect(() => tupleOffsets(tuple.subarray(0, end))).toThrow('malformed')
    }
    expect(() => tupleOffsets(copyTrailer)).toThrow('malformed')
    expect(() => tupleOffsets(Buffer.from('0001fffffffe', 'hex'))).toThrow('malformed')
    expect(() => tupleOffsets(Buffer.from('00017fffffff', 'hex'))).toThrow('malformed')
  })
})

describe('readTupleInt8', () => {
  it('reads int4 and int8 fields and refuses everything else', () => {
    const writer = new CopyWriter()
    writer.beginTuple(5)
    writer.writeInt4(-7)
    writer.writeInt8(-(2 ** 40) - 1)
    writer.writeNull()
    writer.writeText('abc')
    writer.writeBigint8(2n ** 60n)
    const tuple = writer.take()
    expect(readTupleInt8(tuple, 0, 0)).toBe(-7)
    expect(readTupleInt8(tuple, 0, 1)).toBe(-(2 ** 40) - 1)
    for (const field of [-1, 2, 3, 4, 5]) expect(() => readTupleInt8(tuple, 0, field)).toThrow('malformed')
    expect(() => readTupleInt8(tuple, tuple.length, 0)).toThrow('malformed')
  })
})

describe('withoutTuples', () => {
  const writer = new CopyWriter()
  for (let number = 0; number < 6; number++) {
    writer.beginTuple(2)
    writer.writeInt4(number)
    writer.writeText('x'.repeat(number))
  }
  const all = writer.take()
  const without = (...gone: number[]) => {
    const asked: number[] = []
    const { tuples, count } = withoutTuples(all, tupleOffsets(all), (index) => {
      asked.push(index)
      return gone.includes(index)
    })
    expect(asked).toEqual([0, 1, 2, 3, 4, 5])
    const left = Array.from(tupleOffsets(tuples).subarray(0, -1), (at) => readTupleInt8(tuples, at, 0))
    expect(left).toHaveLength(count)
    return left
  }

  it('keeps the others in their order, wherever those that go stand', () => {
    expect(without()).toEqual([0, 1, 2, 3, 4, 5])
    expect(without(0)).toEqual([1, 2, 3, 4, 5])
    expect(without(5)).toEqual([0, 1, 2, 3, 4])
    expect(without(1, 2, 4)).toEqual([0, 3, 5])
    expect(without(0, 1, 5)).toEqual([2, 3, 4])
    expect(without(0, 1, 2, 3, 4, 5)).toEqual([])
  })

  it('keeps nothing of nothing', () => {
    const none = Buffer.alloc(0)
    expect(withoutTuples(none, tupleOffsets(none), () => true)).toEqual({ tuples: none, count: 0 })
  })
})
