import { describe, expect, it } from 'vitest'
import { BatchBodyBuilder, type BatchOrigin, batchHash, linesPart, visitLines } from './batch-body.js'
import { UnopenableEntryError } from './envelope.js'

function decode(body: Buffer): Array<[string, number, number]> {
  const lines: Array<[string, number, number]> = []
  visitLines(body, (start, end, offset, full) =>
    lines.push([body.toString('utf8', start, end), offset, full]),
  )
  return lines
}

describe('batch body', () => {
  it('gives back lines with their offsets and lengths', () => {
    const builder = new BatchBodyBuilder(4)
    const source = Buffer.from('first\nskipped\nthird\r\n\nlast')
    builder.add(source, 0, 5, 0, 5)
    builder.add(source, 14, 20, 14, 6)
    builder.add(source, 21, 21, 21, 0)
    builder.add(source, 22, 26, 22, 4)
    expect(decode(builder.finish())).toEqual([
      ['first', 0, 5],
      ['third\r', 14, 6],
      ['', 21, 0],
      ['last', 22, 4],
    ])
  })

  it('keeps the full length of a cut line, beyond 32 bits, and the offset after it', () => {
    const builder = new BatchBodyBuilder()
    const source = Buffer.from('headtail')
    const huge = 6 * 2 ** 32
    builder.add(source, 0, 4, 10, huge)
    builder.add(source, 4, 8, 10 + huge + 1, 4)
    expect(decode(builder.finish())).toEqual([
      ['head', 10, huge],
      ['tail', 11 + huge, 4],
    ])
  })

  it('refuses every truncation and never reads outside the body', () => {
    const builder = new BatchBodyBuilder()
    for (let i = 0; i < 50; i++) builder.add(Buffer.from(`line ${i}`), 0, 6, i * 300, i === 7 ? 1000 : 6)
    const body = builder.finish()
    for (let length = 0; length < body.length; length++) {
      expect(() => decode(body.subarray(0, length))).toThrow(UnopenableEntryError)
    }
  })

  it('never throws anything else on corrupt bytes', () => {
    const builder = new BatchBodyBuilder()
    for (let i = 0; i < 20; i++) builder.add(Buffer.from(`line ${i}`), 0, 6, i * 7, 6)
    const good = builder.finish()
    let refused = 0
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const body = Buffer.from(good)
        body[at] = value
        try {
          decode(body)
        } catch (error) {
          expect(error).toBeInstanceOf(UnopenableEntryError)
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(50)
  })
})

describe('lines that follow each other', () => {
  const source = Buffer.from('one\ntwo\nthree\nfour\n')

  it('are copied at once, the newlines between them kept, and come back without them', () => {
    const builder = new BatchBodyBuilder()
    builder.add(source, 0, 3, 0, 3)
    builder.add(source, 4, 7, 4, 3)
    builder.add(source, 14, 18, 14, 4)
    const body = builder.finish()
    expect(linesPart(body).toString()).toBe('one\ntwofour')
    expect(decode(body)).toEqual([
      ['one', 0, 3],
      ['two', 4, 3],
      ['four', 14, 4],
    ])
  })

  it('give the same body from wherever they are copied, and however often', () => {
    const all = [
      [0, 3],
      [4, 7],
      [8, 13],
      [14, 18],
    ] as const
    const builder = new BatchBodyBuilder(1)
    const bodies = [0b000, 0b001, 0b010, 0b111].map((flushes) => {
      builder.reset()
      for (const [index, [start, end]] of all.entries()) {
        // Elsewhere in memory: a block was read over the one before.
        const shift = (flushes >> index) & 1 ? 5 : 0
        const place = Buffer.concat([Buffer.alloc(shift), source])
        builder.add(shift > 0 ? place : source, start + shift, end + shift, start, end - start)
        if (shift > 0) builder.flush()
      }
      return builder.finish().toString('hex')
    })
    expect(new Set(bodies).size).toBe(1)
  })

  it('are told from a line after a cut one, where the byte between them is not at hand', () => {
    const builder = new BatchBodyBuilder()
    builder.add(Buffer.from('head'), 0, 4, 0, 100)
    builder.add(source, 0, 3, 101, 3)
    builder.add(source, 4, 7, 105, 3)
    expect(decode(builder.finish())).toEqual([
      ['head', 0, 100],
      ['one', 101, 3],
      ['two', 105, 3],
    ])
  })

  it('are nothing that a first line one byte into the chunk has before it', () => {
    const builder = new BatchBodyBuilder()
    builder.add(source, 0, 3, 1, 3)
    expect(linesPart(builder.finish()).toString()).toBe('one')
  })
})

describe('a builder', () => {
  it('begins anew with nothing left of the body before', () => {
    const builder = new BatchBodyBuilder()
    const source = Buffer.from('long line of the first body\nx')
    builder.add(source, 0, 27, 0, 27)
    const first = Buffer.from(builder.finish())
    builder.reset(16)
    builder.add(source, 28, 29, 5, 1)
    expect([builder.lines, decode(builder.finish())]).toEqual([1, [['x', 5, 1]]])
    builder.reset()
    builder.add(source, 0, 27, 0, 27)
    expect(builder.finish().equals(first)).toBe(true)
  })
})

describe('batchHash', () => {
  const origin: BatchOrigin = {
    logType: 'dns',
    sourceUuid: '00000000-0000-4000-8000-000000000000',
    start: 0,
    end: 10,
    contentSha256: Buffer.alloc(32, 1),
  }
  const bodyAt = (offset: number) => {
    const builder = new BatchBodyBuilder()
    builder.add(Buffer.from('line'), 0, 4, offset, 4)
    return builder.finish()
  }

  it('differs by type, source, range, content, and by which lines of it the batch has', () => {
    const hashes = [
      batchHash(origin, bodyAt(0)),
      batchHash({ ...origin, logType: 'auth' }, bodyAt(0)),
      batchHash({ ...origin, sourceUuid: origin.sourceUuid.replace('8', '9') }, bodyAt(0)),
      batchHash({ ...origin, start: 1 }, bodyAt(0)),
      batchHash({ ...origin, end: 11 }, bodyAt(0)),
      batchHash({ ...origin, contentSha256: Buffer.alloc(32, 2) }, bodyAt(0)),
      batchHash(origin, bodyAt(5)),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(batchHash(origin, bodyAt(0))).toBe(hashes[0])
  })
})
