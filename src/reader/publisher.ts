import { crc32 } from 'node:zlib'
import type { Chunk } from '../ledger/chunks.js'
import { throughRedisOutages } from '../lifecycle/outages.js'
import { batchHash } from '../streams/batch-body.js'
import { compressBlock } from '../streams/compression.js'
import { type BatchMeta, encodeMeta } from '../streams/envelope.js'
import { typeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { identifyBatch, newSpanId, traceparentOf } from '../streams/trace-context.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import type { Admission } from './admission.js'
import type { CutChunk } from './chunk-builder.js'

export interface PublisherOptions {
  readonly redis: ScriptedRedis
  readonly keyPrefix: string
  readonly admission: Admission
  readonly telemetry: ReaderTelemetry
  readonly stop: AbortSignal
}

/** The ledger's description of the batches of a chunk. */
export function describeBatches(sourceUuid: string, cut: CutChunk): Chunk['batches'] {
  const batches: Record<string, { hash: string; lines: number }> = {}
  for (const [logType, { body, lines }] of cut.bodies) {
    batches[logType] = { hash: batchHash({ ...cut, logType, sourceUuid }, body), lines }
  }
  return batches
}

/**
 * Publishes the batches of a recorded chunk, or those of the named types, and waits out whatever keeps Redis from
 * taking them. Returns how many were new to the streams.
 */
export async function publishChunk(
  chunk: Chunk,
  cut: CutChunk,
  options: PublisherOptions & { readonly only?: ReadonlySet<string> },
): Promise<number> {
  const { redis, keyPrefix, admission, telemetry, stop, only } = options
  const published = await Promise.all(
    Object.entries(chunk.batches)
      .filter(([logType]) => only === undefined || only.has(logType))
      .map(async ([logType, { hash, lines }]) => {
        const bytes = cut.bodies.get(logType)?.body
        if (bytes === undefined) throw new Error(`chunk ${chunk.id} was cut without its ${logType} batch`)
        const body = compressBlock(bytes)
        const spanId = newSpanId()
        const meta: BatchMeta = {
          v: 2,
          logType,
          hash,
          chunk: chunk.id,
          sourceId: chunk.sourceId,
          sourceUuid: chunk.sourceUuid,
          start: chunk.start,
          end: chunk.end,
          lines,
          content: chunk.contentSha256.toString('hex'),
          bodyBytes: bytes.length,
          bodyCrc32: crc32(body),
          cutAtMs: Date.now(),
          traceparent: traceparentOf(chunk.id, spanId),
          fileTimeMs: chunk.fileTimeMs,
        }
        const keys = typeKeys(keyPrefix, logType)
        const began = performance.now()
        const [added, entries, streamBytes] = await throughRedisOutages(
          () =>
            redis.sluicePublish(keys.raw, keys.rows, keys.batches, keys.bytes, hash, encodeMeta(meta), body),
          telemetry,
          stop,
        )
        admission.observe(logType, entries, streamBytes)
        if (added === 1) {
          telemetry.batchPublished({
            ...identifyBatch({ ...meta, traceparent: undefined }),
            spanId,
            lines,
            rawBytes: bytes.length,
            compressedBytes: body.length,
            republished: only !== undefined,
            seconds: (performance.now() - began) / 1000,
          })
        }
        return added
      }),
  )
  return published.reduce((sum, added) => sum + added, 0)
}
