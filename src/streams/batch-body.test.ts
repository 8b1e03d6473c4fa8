import { describe, expect, it } from 'vitest'
import { BatchBodyBuilder, batchHash, visitLines } from './batch-body.js'
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

describe('batchHash', () => {
  const uuid = '00000000-0000-4000-8000-000000000000'
  const body = Buffer.from('body')

  it('differs by type, source, range and content', () => {
    const hashes = [
      batchHash('dns', uuid, 0, 10, body),
      batchHash('auth', uuid, 0, 10, body),
      batchHash('dns', uuid.replace('8', '9'), 0, 10, body),
      batchHash('dns', uuid, 1, 10, body),
      batchHash('dns', uuid, 0, 11, body),
      batchHash('dns', uuid, 0, 10, Buffer.from('bodz')),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(batchHash('dns', uuid, 0, 10, Buffer.from('body'))).toBe(hashes[0])
  })
})
