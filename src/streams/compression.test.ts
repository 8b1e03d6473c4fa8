import { describe, expect, it } from 'vitest'
import { compressBlock, uncompressBlock } from './compression.js'
import { UnopenableEntryError } from './envelope.js'

const plain = Buffer.from('a line that repeats itself '.repeat(2000))

async function blockSaying(bytes: number): Promise<Buffer> {
  const block = Buffer.from(await compressBlock(plain))
  block.writeUInt32LE(bytes, 0)
  return block
}

describe('a compressed block', () => {
  it('comes back as it was, also when it is empty or does not compress', async () => {
    const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 * (i ^ 0x5a5a)) & 0xff))
    for (const bytes of [plain, Buffer.alloc(0), Buffer.from('x'), random]) {
      const block = await compressBlock(bytes)
      expect((await uncompressBlock(block, bytes.length, 1e6)).equals(bytes)).toBe(true)
    }
    expect((await compressBlock(plain)).length).toBeLessThan(plain.length / 10)
  })

  it('that claims more than is accepted is refused before anything is allocated', async () => {
    const bomb = await blockSaying(0xffff_ffff)
    await expect(uncompressBlock(bomb, 0xffff_ffff, 1e6)).rejects.toBeInstanceOf(UnopenableEntryError)
    await expect(uncompressBlock(await compressBlock(plain), plain.length, 100)).rejects.toThrow(
      'at most 100 are accepted',
    )
  })

  it('that lies about its size is refused, whether or not its meta lies as well', async () => {
    for (const lie of [0, 1, plain.length - 1, plain.length + 1, plain.length * 2]) {
      const block = await blockSaying(lie)
      await expect(uncompressBlock(block, plain.length, 1e6)).rejects.toBeInstanceOf(UnopenableEntryError)
      await expect(uncompressBlock(block, lie, 1e6)).rejects.toBeInstanceOf(UnopenableEntryError)
    }
  })

  it('that is truncated is refused', async () => {
    const block = await compressBlock(plain)
    for (const length of [0, 1, 3, 4, 5, block.length >> 1, block.length - 1]) {
      await expect(uncompressBlock(block.subarray(0, length), plain.length, 1e6)).rejects.toBeInstanceOf(
        UnopenableEntryError,
      )
    }
  })

  it('that is corrupt gives other bytes or is refused, and does nothing worse', async () => {
    const good = await compressBlock(plain)
    for (let at = 4; at < good.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const block = Buffer.from(good)
        block[at] = value
        const outcome = await uncompressBlock(block, plain.length, 1e6).catch((error: unknown) => error)
        if (outcome instanceof Buffer) expect(outcome.length).toBe(plain.length)
        else expect(outcome).toBeInstanceOf(UnopenableEntryError)
      }
    }
  })
})
