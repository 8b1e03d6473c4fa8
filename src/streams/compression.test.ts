import { describe, expect, it } from 'vitest'
import { compressBlock, uncompressBlock } from './compression.js'
import { UnopenableEntryError } from './envelope.js'

const plain = Buffer.from('a line that repeats itself '.repeat(2000))

function blockSaying(bytes: number): Buffer {
  const block = Buffer.from(compressBlock(plain))
  block.writeUInt32LE(bytes, 0)
  return block
}

function outcomeOf(block: Buffer): unknown {
  try {
    return uncompressBlock(block, plain.length, 1e6)
  } catch (error) {
    return error
  }
}

describe('a compressed block', () => {
  it('comes back as it was, also when it is empty or does not compress', () => {
    const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 * (i ^ 0x5a5a)) & 0xff))
    for (const bytes of [plain, Buffer.alloc(0), Buffer.from('x'), random]) {
      const block = compressBlock(bytes)
      expect(uncompressBlock(block, bytes.length, 1e6).equals(bytes)).toBe(true)
    }
    expect(compressBlock(plain).length).toBeLessThan(plain.length / 10)
  })

  it('that claims more than is accepted is refused before anything is allocated', () => {
    const bomb = blockSaying(0xffff_ffff)
    expect(() => uncompressBlock(bomb, 0xffff_ffff, 1e6)).toThrow(UnopenableEntryError)
    expect(() => uncompressBlock(compressBlock(plain), plain.length, 100)).toThrow('at most 100 are accepted')
  })

  it('that lies about its size is refused, whether or not its meta lies as well', () => {
    for (const lie of [0, 1, plain.length - 1, plain.length + 1, plain.length * 2]) {
      const block = blockSaying(lie)
      expect(() => uncompressBlock(block, plain.length, 1e6)).toThrow(UnopenableEntryError)
      expect(() => uncompressBlock(block, lie, 1e6)).toThrow(UnopenableEntryError)
    }
  })

  it('that is truncated is refused', () => {
    const block = compressBlock(plain)
    for (const length of [0, 1, 3, 4, 5, block.length >> 1, block.length - 1]) {
      expect(() => uncompressBlock(block.subarray(0, length), plain.length, 1e6)).toThrow(
        UnopenableEntryError,
      )
    }
  })

  it('that is corrupt gives other bytes or is refused, and does nothing worse', () => {
    const good = compressBlock(plain)
    for (let at = 4; at < good.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const block = Buffer.from(good)
        block[at] = value
        const outcome = outcomeOf(block)
        if (outcome instanceof Buffer) expect(outcome.length).toBe(plain.length)
        else expect(outcome).toBeInstanceOf(UnopenableEntryError)
      }
    }
  })
})
