import { expect, it } from 'vitest'
import type { Chunk } from '../ledger/chunks.js'
import { Refusals } from './refusals.js'

function chunk(sourceId: number, start: number): Chunk {
  const contentSha256 = Buffer.alloc(32)
  return {
    id: '',
    sourceId,
    sourceUuid: '',
    start,
    end: start + 10,
    lines: 1,
    contentSha256,
    fileTimeMs: 0,
    batches: {},
  }
}

it('joins what follows each other in a source for the same reason, and counts the rest when it is too much', () => {
  const refusals = new Refusals()
  refusals.add(chunk(1, 0), '/a', 2, 'gone')
  refusals.add(chunk(1, 10), '/a', 3, 'gone')
  refusals.add(chunk(1, 20), '/a', 1, 'unbalanced')
  for (let source = 2; source < 200; source++) refusals.add(chunk(source, 0), '/b', 1, 'gone')
  expect(refusals.list.slice(0, 3)).toMatchObject([
    { path: '/a', start: 0, end: 20, batches: 2, lines: 5, reason: 'gone' },
    { path: '/a', start: 20, end: 30, batches: 1, lines: 1, reason: 'unbalanced' },
    { path: '/b', sourceId: 2 },
  ])
  expect(refusals.list).toHaveLength(100)
  expect(refusals.batches).toBe(201)
})
