import { expect, test } from 'vitest'
import { costOf } from './cost-report.js'
import { linesPerChunk } from './design.js'
import { SQS } from './queue-price.js'

test('a design pays for its messages, as many times as there are hops', () => {
  const hops = [
    { messages: 10, bytes: 1000 },
    { messages: 10, bytes: 3000 },
  ]
  const cost = costOf({ design: 'two hops', lines: 100, hops, waitSeconds: 1 }, 10_000_000, SQS)
  expect(cost).toEqual({
    design: 'two hops',
    messagesPerDay: 2_000_000,
    messageBytes: 200,
    bytesPerDay: 400_000_000,
    requestsPerDay: { single: 6_000_000, batched: 600_000 },
    dollarsPerDay: { single: expect.closeTo(2.4), batched: expect.closeTo(0.24) },
    waitSeconds: 1,
  })
})

test('a chunk is cut by time, by lines or by bytes, whichever comes first', () => {
  const settings = { chunkMs: 200, chunkLines: 16_384, chunkBytes: 2 << 20 }
  expect(linesPerChunk(115.7, 127, settings)).toBe(23)
  expect(linesPerChunk(1, 127, settings)).toBe(1)
  expect(linesPerChunk(1e6, 100, settings)).toBe(16_384)
  expect(linesPerChunk(1e6, 1024, settings)).toBe(2048)
})
