import { describe, expect, it } from 'vitest'
import { batchHash } from '../streams/batch-body.js'
import { describeBatches } from './publisher.js'

describe('describeBatches', () => {
  it('names every batch of a chunk by type, source, range and content', () => {
    const uuid = '00000000-0000-4000-8000-000000000001'
    const dns = { body: Buffer.from('dns body'), lines: 2 }
    const auth = { body: Buffer.from('auth body'), lines: 3 }
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
      dns: { hash: batchHash('dns', uuid, 10, 90, dns.body), lines: 2 },
      auth: { hash: batchHash('auth', uuid, 10, 90, auth.body), lines: 3 },
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
