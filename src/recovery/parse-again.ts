import { setImmediate } from 'node:timers/promises'
import type { Batch } from '../indexer/commit.js'
import type { Chunk } from '../ledger/chunks.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { type ParseBuffers, parseBatch } from '../parser/parse-batch.js'
import type { CutChunk } from '../reader/chunk-builder.js'
import { describeBatches } from '../reader/publisher.js'
import type { BatchMeta, RowsMeta } from '../streams/envelope.js'

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
    bodyBytes: body.length,
    cutAtMs: Date.now(),
    // It goes through no stream, so nobody looks at its checksums.
    bodyCrc32: 0,
  }
  const parsed = parseBatch(body, meta, type, buffers)
  const rowsMeta: RowsMeta = {
    ...meta,
    parserVersion: type?.version ?? 0,
    copyLayout: type?.copyLayout ?? '',
    rows: parsed.rowCount,
    rowsBytes: parsed.rows.length,
    deadLetters: parsed.deadCount,
    deadBytes: parsed.dead.length,
    lineOffsetSum: String(parsed.lineOffsetSum),
    days: [...parsed.days],
    firstEventMs: parsed.firstEventMs,
    lastEventMs: parsed.lastEventMs,
    reasons: parsed.reasons,
    rowsCrc32: 0,
    deadCrc32: 0,
  }
  // Copies: the next batch is parsed into the same memory.
  return { meta: rowsMeta, rows: Buffer.from(parsed.rows), dead: Buffer.from(parsed.dead), body }
}
