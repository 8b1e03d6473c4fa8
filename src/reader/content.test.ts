import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../load/generate/random.js'
import { withContentOf } from '../../load/test/content-of.js'
import type { Content } from './content.js'

const random = createRandom(17)

/** Bytes that compress about as well as logs do, in several of zlib's blocks. */
function someText(bytes: number): Buffer {
  const lines: string[] = []
  for (let size = 0; size < bytes; ) {
    const line = `${random.below(1e9)} ${random.below(1e9).toString(36)} the same words in every line`
    lines.push(line)
    size += line.length + 1
  }
  return Buffer.from(lines.join('\n')).subarray(0, bytes)
}

async function readAll(content: Content, blockBytes = 1024 * 1024): Promise<Buffer> {
  const pieces: Buffer[] = []
  let offset = 0
  for (;;) {
    const block = Buffer.alloc(blockBytes)
    const read = await content.read(block, 0, block.length, offset)
    if (read === 0) return Buffer.concat(pieces)
    pieces.push(block.subarray(0, read))
    offset += read
  }
}

describe('content', () => {
  it('reads the same at any offset, forwards and back, from plain files and from gzip', async () => {
    const text = someText(5_000_000)
    for (const file of [text, gzipSync(text)]) {
      await withContentOf(file, async (content) => {
        expect(content.compressed).toBe(file !== text)
        for (let round = 0; round < 30; round++) {
          const offset = random.below(text.length + 100)
          const at = random.below(50)
          const until = at + random.below(random.chance(0.5) ? 100 : 2_000_000)
          const buffer = Buffer.alloc(until + 10, 0xaa)
          const read = await content.read(buffer, at, until, offset)
          const expected = text.subarray(offset, offset + until - at)
          expect([offset, until - at, read]).toEqual([offset, until - at, expected.length])
          expect(buffer.subarray(at, at + read).equals(expected)).toBe(true)
          expect(buffer.subarray(0, at).every((byte) => byte === 0xaa)).toBe(true)
          expect(buffer.subarray(at + read).every((byte) => byte === 0xaa)).toBe(true)
        }
      })
    }
  })

  it('goes back as far as a chunk was read ahead without decompressing from the beginning', async () => {
    const text = someText(6_000_000)
    await withContentOf(gzipSync(text), async (content) => {
      const buffer = Buffer.alloc(1024 * 1024)
      await content.read(buffer, 0, buffer.length, 3_000_000)
      const restarted = trackRestarts(content)
      await content.read(buffer, 0, buffer.length, 3_000_000)
      await content.read(buffer, 0, buffer.length, 3_500_000)
      expect(restarted()).toBe(false)
      await content.read(buffer, 0, 1, 0)
      expect(restarted()).toBe(true)
    })
  })

  it('reads gzip of several members, and of none that has content', async () => {
    const [first, second] = [someText(300_000), someText(200_000)]
    const members = Buffer.concat([gzipSync(first), gzipSync(''), gzipSync(second)])
    await withContentOf(members, async (content) => {
      expect((await readAll(content)).equals(Buffer.concat([first, second]))).toBe(true)
      expect(content.damage).toBeUndefined()
    })
    await withContentOf(gzipSync(''), async (content) => {
      expect([content.compressed, (await readAll(content)).length, content.damage]).toEqual([
        true,
        0,
        undefined,
      ])
    })
  })

  it('ends at zeros after the last member, which padding tapes and block devices leave', async () => {
    const text = someText(100_000)
    await withContentOf(Buffer.concat([gzipSync(text), Buffer.alloc(40_000)]), async (content) => {
      expect((await readAll(content)).equals(text)).toBe(true)
      expect(content.damage).toBeUndefined()
    })
  })

  it('delivers all that is before the end of truncated gzip, every time, and tells of the damage', async () => {
    const text = someText(2_000_000)
    const whole = gzipSync(text)
    for (const missing of [1, 8, 9, 1000, whole.length >> 1]) {
      await withContentOf(whole.subarray(0, whole.length - missing), async (content) => {
        const first = await readAll(content)
        expect(content.damage).toBeTypeOf('string')
        expect(text.subarray(0, first.length).equals(first)).toBe(true)
        if (missing <= 8) expect(first.length).toBe(text.length)
        expect(first.length).toBeGreaterThan(0)
        for (const blockBytes of [4096, 300_000]) {
          expect((await readAll(content, blockBytes)).length).toBe(first.length)
        }
        expect(content.damage).toBeTypeOf('string')
      })
    }
  })

  it('tells of bytes that are not gzip any more, and delivers what came before them', async () => {
    const text = someText(2_000_000)
    const file = gzipSync(text)
    file.fill(0xff, file.length - 5000, file.length - 4000)
    await withContentOf(file, async (content) => {
      const read = await readAll(content)
      expect(content.damage).toBeTypeOf('string')
      expect(read.length).toBeGreaterThan(text.length / 2)
      expect((await readAll(content)).length).toBe(read.length)
    })
    await withContentOf(Buffer.concat([gzipSync(text), Buffer.from('garbage')]), async (content) => {
      const read = await readAll(content)
      expect(content.damage).toBeTypeOf('string')
      expect(read.length).toBeGreaterThan(text.length - 65_536)
    })
  })

  it('takes files that are too short to be gzip for plain ones', async () => {
    for (const bytes of ['', '\x1f', '\x1f\x8b']) {
      await withContentOf(Buffer.from(bytes, 'latin1'), async (content) => {
        expect([content.compressed, (await readAll(content)).toString('latin1')]).toEqual([false, bytes])
      })
    }
  })

  it('can be closed in the middle and without having been read', async () => {
    await withContentOf(gzipSync(someText(3_000_000)), async (content) => {
      await content.close()
      const buffer = Buffer.alloc(10)
      expect(await content.read(buffer, 0, 10, 1_000_000)).toBe(10)
      await content.close()
      expect(await content.read(buffer, 0, 10, 5)).toBe(10)
    })
  })
})

/** Tells whether a content was closed since, which is how gzip starts again from its beginning. */
function trackRestarts(content: Content): () => boolean {
  let restarted = false
  const close = content.close.bind(content)
  content.close = () => {
    restarted = true
    return close()
  }
  return () => restarted
}
