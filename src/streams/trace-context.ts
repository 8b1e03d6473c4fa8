import { randomBytes } from 'node:crypto'
import type { BatchIdentity, ChunkIdentity } from '../telemetry/batch-identity.js'
import type { BatchMeta } from './envelope.js'

/**
 * W3C trace context of a batch on its way (https://www.w3.org/TR/trace-context/):
 *
 *   00 - <trace id, 32 hex> - <span id of who added the entry, 16 hex> - 01
 *
 * The trace id is the chunk's id without its hyphens. So all batches of a chunk are one trace, the ledger alone gives
 * it, and what is published again is found under the same one; the spans tell the publishings apart.
 */
export function traceIdOf(chunkId: string): string {
  return chunkId.replaceAll('-', '').toLowerCase()
}

/** Random, so that two attempts at the same work are told apart; 16 hex digits, not all of them 0. */
export function newSpanId(): string {
  const spanId = randomBytes(8).toString('hex')
  return spanId === invalidSpanId ? newSpanId() : spanId
}

const invalidSpanId = '0'.repeat(16)

export function traceparentOf(chunkId: string, spanId: string): string {
  return `00-${traceIdOf(chunkId)}-${spanId}-01`
}

/** Under which names the logs have a chunk. */
export function identifyChunk(chunk: {
  readonly id: string
  readonly sourceId: number
  readonly start: number
  readonly end: number
}): ChunkIdentity {
  return {
    source: chunk.sourceId,
    chunk: chunk.id,
    traceId: traceIdOf(chunk.id),
    startOffset: chunk.start,
    endOffset: chunk.end,
  }
}

/**
 * Under which names the logs have a batch. The trace id is always that of the chunk; a traceparent that says otherwise
 * would lead to another batch and counts as absent, as does the lack of one in entries of a version before.
 */
export function identifyBatch(
  meta: Pick<BatchMeta, 'logType' | 'sourceId' | 'chunk' | 'hash' | 'traceparent'>,
): BatchIdentity {
  const traceId = traceIdOf(meta.chunk)
  const identity: BatchIdentity = {
    logType: meta.logType,
    source: meta.sourceId,
    chunk: meta.chunk,
    batch: meta.hash,
    traceId,
  }
  if (meta.traceparent?.startsWith(`00-${traceId}-`) !== true) return identity
  return { ...identity, parentSpanId: meta.traceparent.slice(36, 52) }
}
