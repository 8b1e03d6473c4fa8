import { setImmediate } from 'node:timers/promises'
import type { Batch } from '../indexer/commit.js'
import type { Chunk } from '../ledger/chunks.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { describeParsed, type ParseBuffers, parseBatch } from '../parser/parse-batch.js'
import type { CutChunk } from '../reader/chunk-builder.js'
import { describeBatches } from '../reader/publisher.js'

/** A batch parsed with today's declarations, and the lines that it was parsed from. */
export interface ParsedAgain extends Batch {
  /** The batch body (streams/batch-body.ts); valid until the next chunk is cut. */
  readonly body: Buffer
}

/** A chunk sorted into types with today's declarations. */
export interface SortedAgain {
  readonly chunk: Chunk
  readonly cut: CutChunk
  /** What the chunk would be recorded with today. */
  readonly batches: Chunk['batches']
}

export function sortAgain(chunk: Chunk, cut: CutChunk): SortedAgain {
  return { chunk, cut, batches: describeBatches(chunk.sourceUuid, cut) }
}

/** Parses the batches of these types. */
export async function parseAgain(
  sorted: SortedAgain,
  logTypes: readonly string[],
  registry: LogTypeRegistry,
  buffers: ParseBuffers,
): Promise<ParsedAgain[]> {
  const parsed: ParsedAgain[] = []
  for (const logType of logTypes) {
    parsed.push(parseOne(sorted, logType, registry, buffers))
    // Parsing holds the thread, and a signal wants to be heard.
    await setImmediate()
  }
  return parsed
}

function parseOne(
  { chunk, cut, batches }: SortedAgain,
  logType: string,
  registry: LogTypeRegistry,
  buffers: ParseBuffers,
): ParsedAgain {
  const { body } = cut.bodies.get(logType)!
  const { hash, lines } = batches[logType]!
  const type = registry.byName(logType)
  const { id, sourceId, start, fileTimeMs } = chunk
  const meta = { logType, hash, chunk: id, sourceId, start, lines }
  const parsed = parseBatch(body, { ...meta, fileTimeMs }, type, buffers)
  return {
    meta: { ...meta, ...describeParsed(parsed, type) },
    // Copies: the next batch is parsed into the same memory.
    rows: Buffer.from(parsed.rows),
    dead: Buffer.from(parsed.dead),
    body,
  }
}
