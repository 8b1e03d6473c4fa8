import { describe, expect, it } from 'vitest'
import { BatchBodyBuilder, batchHash } from '../streams/batch-body.js'
import { describeBatches } from './publisher.js'

function bodyOf(...lines: string[]): Buffer {
  const builder = new BatchBodyBuilder()
  for (const [index, line] of lines.entries()) {
    builder.add(Buffer.from(line), 0, line.length, index * 10, line.length)
  }
  return builder.finish()
}

describe('describeBatches', () => {
  it('names every batch of a chunk by type, source, range and content', () => {
    const uuid = '00000000-0000-4000-8000-000000000001'
    const dns = { body: bodyOf('one', 'two'), lines: 2 }
    const auth = { body: bodyOf('three', 'four', 'five'), lines: 3 }
    const origin = { sourceUuid: uuid, start: 10, end: 90, contentSha256: Buffer.alloc(32) }
    const cut = {
      start: 10,
      end: 90,
      lines: 5,
      contentSha256: Buffer.alloc(32),
      bodies: new Map([
        ['dns', dns],
        ['auth', auth],
      ]),
      tail: Buffer.alloc(0),
    }
    expect(describeBatches(uuid, cut)).toEqual({
      dns: { hash: batchHash({ ...origin, logType: 'dns' }, dns.body), lines: 2 },
      auth: { hash: batchHash({ ...origin, logType: 'auth' }, auth.body), lines: 3 },
    })
  })

  it('names none for a chunk without lines', () => {
    const cut = {
      start: 0,
      end: 1,
      lines: 0,
      contentSha256: Buffer.alloc(32),
      bodies: new Map(),
      tail: Buffer.alloc(0),
    }
    expect(describeBatches('00000000-0000-4000-8000-000000000001', cut)).toEqual({})
  })
})
