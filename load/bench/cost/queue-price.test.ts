import { expect, test } from 'vitest'
import { dollarsFor, requestsPerDay, SQS } from './queue-price.js'

const KIB = 1024

test('a small message costs a send, a receive and a delete', () => {
  expect(requestsPerDay({ messagesPerDay: 1000, messageBytes: 200 }, SQS, false)).toBe(3000)
})

test('ten small messages a call cost a tenth', () => {
  expect(requestsPerDay({ messagesPerDay: 1000, messageBytes: 200 }, SQS, true)).toBe(300)
})

test('payload is charged in units, alone and in batches', () => {
  const hop = { messagesPerDay: 100, messageBytes: 100 * KIB }
  expect(requestsPerDay(hop, SQS, false)).toBe(100 * (2 + 2 + 1))
  // Two of them fit into a call, which has 200 KiB: four units.
  expect(requestsPerDay(hop, SQS, true)).toBe(50 * (4 + 4) + 10)
})

test('a message beyond the limit goes in parts', () => {
  expect(requestsPerDay({ messagesPerDay: 10, messageBytes: 500 * KIB }, SQS, false)).toBe(20 * (4 + 4 + 1))
})

test('requests are paid by the million', () => {
  expect(dollarsFor(2_500_000, SQS)).toBe(1)
})
