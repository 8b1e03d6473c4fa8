import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { withContentOf } from '../../load/test/content-of.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import type { Chunk } from '../ledger/chunks.js'
import { fingerprintHead, isBeginningOfChunk, matchChunk, readHead } from './identity.js'

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
    fileTimeMs: 0,
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

describe('isBeginningOfChunk', () => {
  const text = 'one\ntwo\nthree\nfour\n'
  /** From after "one" to after "three". */
  const chunk = chunkOf(text, 4, 14)
  async function fileWith(content: string | Buffer): Promise<string> {
    const path = join(await temporaryDirectory(), 'original')
    await writeFile(path, content)
    return path
  }
  const isBeginning = (content: string, paths: string[]) =>
    withContentOf(content, (opened) => isBeginningOfChunk(opened, chunk, paths))

  it('proves a copy by the original at one of its paths, whatever is before the chunk', async () => {
    const original = await fileWith(text)
    expect(await isBeginning('one\ntwo\nth', ['/nowhere', original])).toBe(true)
    expect(await isBeginning('ONE\ntwo\nth', [original])).toBe(true)
    expect(await isBeginning('one\ntwo\nth', [await fileWith(gzipSync(text))])).toBe(true)
  })

  it('takes nothing else for a proof', async () => {
    const original = await fileWith(text)
    expect(await isBeginning('one\ntwo\ntx', [original])).toBe(false)
    expect(await isBeginning('one\ntwo', [])).toBe(false)
    expect(await isBeginning('one\ntwo', ['/nowhere', await temporaryDirectory()])).toBe(false)
  })

  it('takes no file for a proof that has not got all of the chunk, such as the content itself', async () => {
    expect(await isBeginning('one\ntwo\nnew', [await fileWith('one\ntwo\nnew')])).toBe(false)
    expect(await isBeginning('one\ntwo\nth', [await fileWith('one\ntwo\nthree')])).toBe(false)
    expect(await isBeginning('one\ntwo\nth', [await fileWith('one\ntwo\nthRee\nfour')])).toBe(false)
  })
})
