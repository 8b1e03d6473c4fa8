import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { withContentOf } from '../../load/test/content-of.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import type { Chunk } from '../ledger/chunks.js'
import { fingerprintHead, isPrefixOfAny, matchChunk, readHead } from './identity.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function chunkOf(text: string, start: number, end: number): Chunk {
  return {
    id: '00000000-0000-8000-8000-000000000000',
    sourceId: 1,
    sourceUuid: '00000000-0000-4000-8000-000000000000',
    start,
    end,
    lines: 1,
    contentSha256: sha256(text.slice(start, end)),
    batches: {},
  }
}

describe('a head', () => {
  it('is the first kibibyte, or all of a smaller file, decompressed', async () => {
    for (const text of ['', 'tiny', 'x'.repeat(5000)]) {
      expect((await withContentOf(text, readHead)).toString()).toBe(text.slice(0, 1024))
      expect((await withContentOf(gzipSync(text), readHead)).toString()).toBe(text.slice(0, 1024))
    }
  })

  it('is fingerprinted at every length that sources have and it reaches, and at its own', () => {
    const head = Buffer.from('0123456789')
    expect(fingerprintHead(head, [3, 11, 1024, 10, 3])).toEqual([
      { bytes: 3, sha256: sha256('012') },
      { bytes: 10, sha256: sha256('0123456789') },
    ])
    expect(fingerprintHead(Buffer.alloc(0), [3])).toEqual([])
  })
})

describe('matchChunk', () => {
  const text = 'f'.repeat(1024 * 1024 + 5) + 'd'.repeat(1024 * 1024)
  const scratch = Buffer.alloc(2 * 1024 * 1024)

  it('tells the same content from another, and from less of it', async () => {
    const match = (content: string | Buffer, start: number, end: number) =>
      withContentOf(content, (opened) => matchChunk(opened, chunkOf(text, start, end), scratch))
    expect(await match(text, 10, text.length)).toBe('same')
    expect(await match(gzipSync(text), 10, text.length)).toBe('same')
    expect(await match(`${text}and more`, 0, text.length)).toBe('same')
    expect(await match(`${text.slice(0, -1)}x`, 0, text.length)).toBe('different')
    expect(await match(text.slice(0, -1), 0, text.length)).toBe('shorter')
    expect(await match('', 5, 10)).toBe('shorter')
  })
})

describe('isPrefixOfAny', () => {
  async function fileWith(text: string | Buffer): Promise<string> {
    const path = join(await temporaryDirectory(), 'original')
    await writeFile(path, text)
    return path
  }
  const isPrefix = (text: string, offset: number, paths: string[]) =>
    withContentOf(text, (content) => isPrefixOfAny(content, offset, paths))

  it('proves a copy by the original at one of its paths, whatever is before the offset', async () => {
    const original = await fileWith('one\ntwo\nthree\n')
    expect(await isPrefix('one\ntwo\nth', 4, ['/nowhere', original])).toBe(true)
    expect(await isPrefix('ONE\ntwo\nth', 4, [original])).toBe(true)
    expect(await isPrefix('one\ntwo\nth', 4, [await fileWith(gzipSync('one\ntwo\nthree\n'))])).toBe(true)
  })

  it('takes nothing else for a proof', async () => {
    const original = await fileWith('one\ntwo\nthree\n')
    expect(await isPrefix('one\ntwo\ntx', 4, [original])).toBe(false)
    expect(await isPrefix('one\ntwo\nthree\nfour', 4, [original])).toBe(false)
    expect(await isPrefix('one\ntwo', 4, [])).toBe(false)
    expect(await isPrefix('one\ntwo', 4, ['/nowhere', await temporaryDirectory()])).toBe(false)
  })
})
