import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { withContentOf } from '../../load/test/content-of.js'
import { digestsOf, firstByteRegistry, linesOf } from '../../load/test/cut-lines.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { CutChunk, CutLimits, CutRequest } from './chunk-builder.js'
import { cutChunk } from './chunk-cutter.js'
import type { Content } from './content.js'
import { CutScratch } from './cut-scratch.js'

const mebibyte = 1024 * 1024
const generous: CutLimits = { lines: 1e6, bytes: 64 * mebibyte, maxLineBytes: 256 }

let registry: LogTypeRegistry
beforeAll(async () => {
  registry = await firstByteRegistry()
})

function cutOf(
  content: Content,
  request: Partial<CutRequest> = {},
  limits: Partial<CutLimits> = {},
): Promise<CutChunk | undefined> {
  const all = { ...generous, ...limits }
  return cutChunk(
    content,
    { start: 0, startsOnLine: true, takePartial: false, ...request },
    all,
    registry,
    new CutScratch(all.maxLineBytes),
  )
}

/** Cuts one chunk of a file with this text (latin1) and returns it. */
function cut(
  text: string,
  request: Partial<CutRequest> = {},
  limits: Partial<CutLimits> = {},
): Promise<CutChunk | undefined> {
  return withContentOf(Buffer.from(text, 'latin1'), (content) => cutOf(content, request, limits))
}

const texts = (chunk: CutChunk | undefined) => chunk && linesOf(chunk).map(({ text }) => text)

describe('a chunk', () => {
  it('holds each line with its offset, in the batch of the type that claims it', async () => {
    const chunk = await cut('f1\nd22\nnobody\nf3\n')
    expect(linesOf(chunk!)).toEqual([
      { offset: 0, text: 'f1', fullBytes: 2, logType: 'firewall' },
      { offset: 3, text: 'd22', fullBytes: 3, logType: 'dns' },
      { offset: 7, text: 'nobody', fullBytes: 6, logType: 'unclassified' },
      { offset: 14, text: 'f3', fullBytes: 2, logType: 'firewall' },
    ])
    expect([chunk?.start, chunk?.end, chunk?.lines]).toEqual([0, 17, 4])
    expect(chunk?.bodies.get('firewall')?.lines).toBe(2)
    expect([...chunk!.bodies.keys()].sort()).toEqual(['dns', 'firewall', 'unclassified'])
    expect(chunk?.contentSha256).toEqual(createHash('sha256').update('f1\nd22\nnobody\nf3\n').digest())
  })

  it('ends after as many lines as it may have', async () => {
    expect(await cut('f1\nf2\nf3\n', {}, { lines: 2 })).toMatchObject({ end: 6, lines: 2 })
    expect(await cut('f1\nf2\nf3\n', { start: 6 }, { lines: 2 })).toMatchObject({ end: 9, lines: 1 })
  })

  it('ends with the line that reaches the byte limit, and always has one', async () => {
    expect(await cut('f1\nf2\nf3\n', {}, { bytes: 4 })).toMatchObject({ end: 6, lines: 2 })
    expect(await cut('f1\nf2\nf3\n', {}, { bytes: 1 })).toMatchObject({ end: 3, lines: 1 })
  })

  it('is not cut from nothing, nor from a line that is not finished', async () => {
    expect(await cut('')).toBeUndefined()
    expect(await cut('f1\n', { start: 3 })).toBeUndefined()
    expect(await cut('f1')).toBeUndefined()
    expect(await cut('', { takePartial: true })).toBeUndefined()
  })

  it('leaves out the unfinished line at the end, or takes it when the end is final', async () => {
    expect(await cut('f1\nf2')).toMatchObject({ end: 3, lines: 1 })
    const chunk = await cut('f1\nf2', { takePartial: true })
    expect([chunk?.end, texts(chunk)]).toEqual([5, ['f1', 'f2']])
  })

  it('takes no unfinished line from content that ends by damage', async () => {
    const damaged = (content: Content): Content => ({
      compressed: true,
      damage: 'unexpected end of file',
      read: (...args) => content.read(...args),
      close: async () => {},
    })
    for (const text of ['f1\nf2', `f1\n${'x'.repeat(2 * mebibyte)}`]) {
      await withContentOf(text, async (content) => {
        expect(await cutOf(damaged(content), { takePartial: true })).toMatchObject({ end: 3, lines: 1 })
        expect(await cutOf(damaged(content), { start: 3, takePartial: true })).toBeUndefined()
      })
    }
  })

  it('goes on after a line that was taken without a newline: the newline ends it and is no empty line', async () => {
    const chunk = await cut('f1\nf2\nf3\n\nf4\n', { start: 5, startsOnLine: false })
    expect([texts(chunk), linesOf(chunk!)[0]?.offset]).toEqual([['f3', '', 'f4'], 6])
    expect(texts(await cut('f1\nf2tail\n', { start: 5, startsOnLine: false }))).toEqual(['tail'])
  })

  it('is without lines when only the newline of a line that was taken before has come', async () => {
    const chunk = await cut('f1\n', { start: 2, startsOnLine: false })
    expect([chunk?.start, chunk?.end, chunk?.lines, chunk?.bodies.size]).toEqual([2, 3, 0, 0])
    expect(await cut('f1\nf2', { start: 2, startsOnLine: false, takePartial: true })).toMatchObject({
      end: 5,
      lines: 1,
    })
  })

  it('stores carriage returns and a byte order mark, and classifies without them', async () => {
    const chunk = await cut('\xef\xbb\xbff1\r\n\r\n\xef\xbb\xbff2\n')
    expect(linesOf(chunk!).map(({ text, logType }) => [text, logType])).toEqual([
      ['\xef\xbb\xbff1\r', 'firewall'],
      ['\r', 'unclassified'],
      ['\xef\xbb\xbff2', 'unclassified'],
    ])
  })

  it('counts empty lines, each at its place', async () => {
    expect(linesOf((await cut('\n\n\nf\n'))!).map(({ offset, text }) => [offset, text])).toEqual([
      [0, ''],
      [1, ''],
      [2, ''],
      [3, 'f'],
    ])
  })

  it('remembers the last bytes of its range', async () => {
    const text = `${'f'.repeat(200)}\n${'d'.repeat(200)}\nnot taken`
    expect((await cut(text))?.tail.toString()).toBe(text.slice(402 - 256, 402))
    expect((await cut('f1\nf2\nf3', { start: 3 }))?.tail.toString()).toBe('f2\n')
  })
})

describe('an oversize line', () => {
  const long = (bytes: number) => 'x'.repeat(bytes)

  it('keeps its first bytes and its full length, whatever it looks like', async () => {
    const chunk = await cut(`f1\nf${long(300)}\nf2\n`)
    expect(linesOf(chunk!).map(({ text, fullBytes, logType }) => [text.length, fullBytes, logType])).toEqual([
      [2, 2, 'firewall'],
      [256, 301, 'unclassified'],
      [2, 2, 'firewall'],
    ])
  })

  it('begins at one byte more than allowed, the carriage return counted', async () => {
    const chunk = await cut(`f${long(255)}\nf${long(255)}\r\n`)
    expect(linesOf(chunk!).map(({ text, fullBytes }) => [text.length, fullBytes])).toEqual([
      [256, 256],
      [256, 257],
    ])
  })

  it('larger than all memory for lines starts a chunk of its own', async () => {
    const text = `f1\n${long(3 * mebibyte)}\nf2\n`
    expect(await cut(text)).toMatchObject({ end: 3, lines: 1 })
    const chunk = await cut(text, { start: 3 })
    expect(linesOf(chunk!).map(({ offset, fullBytes, text }) => [offset, fullBytes, text.length])).toEqual([
      [3, 3 * mebibyte, 256],
      [3 + 3 * mebibyte + 1, 2, 2],
    ])
    expect(chunk?.contentSha256).toEqual(createHash('sha256').update(text.slice(3)).digest())
    expect(chunk?.tail.toString()).toBe(text.slice(-256))
  })

  it('holds up nothing before it while it has no end', async () => {
    const text = `f1\nf2\n${long(2 * mebibyte)}`
    expect(await cut(text)).toMatchObject({ end: 6, lines: 2 })
    expect(await cut(text, { start: 6 })).toBeUndefined()
    expect(await cut(`${text}\n`, { start: 6 })).toMatchObject({ end: text.length + 1, lines: 1 })
  })

  it('without a newline is taken when the end is final', async () => {
    const chunk = await cut(long(2 * mebibyte), { takePartial: true })
    expect([chunk?.end, chunk?.lines, linesOf(chunk!)[0]?.fullBytes]).toEqual([2 * mebibyte, 1, 2 * mebibyte])
  })

  it('ends a chunk that it makes larger than allowed', async () => {
    const text = `${long(2 * mebibyte)}\nf1\n`
    expect(await cut(text, {}, { bytes: mebibyte })).toMatchObject({ end: 2 * mebibyte + 1, lines: 1 })
    expect(await cut(text, {}, { lines: 1 })).toMatchObject({ end: 2 * mebibyte + 1, lines: 1 })
  })

  it('after the newline of a line that was taken before is found all the same', async () => {
    const text = `f1\n${long(2 * mebibyte)}\n`
    const chunk = await cut(text, { start: 2, startsOnLine: false })
    expect(linesOf(chunk!).map(({ offset, fullBytes }) => [offset, fullBytes])).toEqual([[3, 2 * mebibyte]])
  })
})

describe('a recorded range', () => {
  /** Gives at most so many bytes a read, as a file does that grows while it is read. */
  const inSips = (content: Content, bytes: number): Content => ({
    compressed: content.compressed,
    damage: undefined,
    read: (buffer, at, until, offset) => content.read(buffer, at, Math.min(until, at + bytes), offset),
    close: async () => {},
  })

  it('gives the same batches again, whatever the limits and however the bytes arrive', async () => {
    const lines = Array.from({ length: 9000 }, (_, i) =>
      `${'fdax'[i % 4]}${i} `.padEnd(i % 50 === 0 ? 5000 : i % 300, '.'),
    )
    const text = `${lines.join('\n')}\n`
    await withContentOf(text, async (content) => {
      const recorded = await cutOf(content, {}, { bytes: 1.5 * mebibyte })
      expect(recorded!.lines).toBeGreaterThan(1000)
      for (const limits of [{ lines: 1 }, { bytes: 1 }, {}]) {
        for (const source of [content, inSips(content, 100_000), inSips(content, 5_000)]) {
          const again = await cutOf(source, { end: recorded!.end }, limits)
          expect(digestsOf(again)).toEqual(digestsOf(recorded))
        }
      }
    })
  })

  it('gives the same batches again when it ends without a newline or has no line at all', async () => {
    const text = `f1\nf2\n${'x'.repeat(2 * mebibyte)}`
    await withContentOf(text, async (content) => {
      for (const request of [{}, { start: 6, takePartial: true }]) {
        const recorded = await cutOf(content, request)
        const again = await cutOf(content, { ...request, takePartial: false, end: recorded!.end })
        expect(digestsOf(again)).toEqual(digestsOf(recorded))
      }
    })
    await withContentOf('f1\nf2\nmore\n', async (content) => {
      const partial = { start: 3, end: 5 }
      expect(texts((await cutOf(content, partial)) ?? undefined)).toEqual(['f2'])
      const terminator = await cutOf(content, { start: 5, startsOnLine: false, end: 6 })
      expect([terminator?.end, terminator?.lines]).toEqual([6, 0])
    })
  })

  it('ends early when the content does', async () => {
    expect((await cut('f1\nf2\n', { end: 100 }))?.end).not.toBe(100)
    expect(await cut('', { end: 100 })).toBeUndefined()
  })
})
