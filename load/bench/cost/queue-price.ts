/** What a queue that charges by request asks. */
export interface QueuePrice {
  readonly dollarsPerMillionRequests: number
  /** A payload counts as one request for each of these that it begins. */
  readonly unitBytes: number
  readonly maxMessageBytes: number
  /** How many messages one call may carry; together they have at most maxMessageBytes. */
  readonly maxBatchMessages: number
}

/** Amazon SQS, standard queue, beyond the free million. */
export const SQS: QueuePrice = {
  dollarsPerMillionRequests: 0.4,
  unitBytes: 64 * 1024,
  maxMessageBytes: 256 * 1024,
  maxBatchMessages: 10,
}

/** One way through a queue: so many messages of one size. */
export interface Hop {
  readonly messagesPerDay: number
  readonly messageBytes: number
}

/**
 * Billed requests a day for sending, receiving and deleting every message once. `batchCalls`: as many messages a call
 * as the queue takes, instead of one. A message beyond the limit is sent in parts. Receives that find nothing are left
 * out: with long polling they are a few thousand a day for each consumer.
 */
export function requestsPerDay(hop: Hop, price: QueuePrice, batchCalls: boolean): number {
  const partsPerMessage = Math.ceil(hop.messageBytes / price.maxMessageBytes)
  const parts = hop.messagesPerDay * partsPerMessage
  const partBytes = hop.messageBytes / partsPerMessage
  const partsPerCall = batchCalls
    ? Math.max(1, Math.min(price.maxBatchMessages, Math.floor(price.maxMessageBytes / partBytes)))
    : 1
  const unitsPerCall = Math.max(1, Math.ceil((partsPerCall * partBytes) / price.unitBytes))
  const sendsOrReceives = (parts / partsPerCall) * unitsPerCall
  // A call that deletes carries receipts only.
  const deletes = parts / (batchCalls ? price.maxBatchMessages : 1)
  return 2 * sendsOrReceives + deletes
}

export function dollarsFor(requests: number, price: QueuePrice): number {
  return (requests / 1e6) * price.dollarsPerMillionRequests
}
