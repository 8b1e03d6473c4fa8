import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { chunkId } from './chunks.js'

const uuid = '2b1f3f3e-0000-4000-8000-000000000001'
const sha256 = (text: string) => createHash('sha256').update(text).digest()

it('the id of a chunk follows from its source, range and content, and from nothing else', () => {
  const id = chunkId(uuid, 0, 10, sha256('content'))
  expect(id).toBe(chunkId(uuid, 0, 10, sha256('content')))
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const others = [
    chunkId(uuid.replace('1', '3'), 0, 10, sha256('content')),
    chunkId(uuid, 1, 10, sha256('content')),
    chunkId(uuid, 0, 11, sha256('content')),
    chunkId(uuid, 0, 10, sha256('other')),
    chunkId(uuid, 1, 0, sha256('content')),
  ]
  expect(new Set([id, ...others]).size).toBe(6)
})

it('the id of a chunk never changes between versions: entries in flight refer to it', () => {
  expect(chunkId(uuid, 4096, 2 ** 40, sha256('content'))).toBe('efa899fb-5399-8250-a364-192ffb713d54')
})
