import type pg from 'pg'
import { selectCommitted } from '../ledger/batches.js'
import {
  type Chunk,
  countIncompleteChunks,
  countPublishingAgain,
  type IncompleteChunk,
  markCompleteChunks,
  replaceBatches,
  sameBatches,
  selectIncompleteChunks,
} from '../ledger/chunks.js'
import { throughRedisOutages } from '../lifecycle/outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { typeKeys, unclassified } from '../streams/keys.js'
import { identifyChunk } from '../streams/trace-context.js'
import type { CutLimits } from './chunk-builder.js'
import type { Content } from './content.js'
import { cutAgain } from './cut-again.js'
import type { CutScratch } from './cut-scratch.js'
import { describeBatches, type PublisherOptions, publishChunk } from './publisher.js'

export interface RepublisherOptions extends PublisherOptions {
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly limits: CutLimits
  /** A chunk this young may still be on its way into its streams. */
  readonly graceMs: number
  /** From so many publishings on a chunk counts as stuck. */
  readonly maxPublishings: number
}

export interface SweepResult {
  readonly incompleteChunks: number
  readonly republishedChunks: number
  /** Published again so often, or not cut again as recorded: a person should look. */
  readonly stuckChunks: number
}

/** Gives work the content of a source up to at least `end`; false when no file with it is at hand. */
export type UseSourceContent = (
  sourceUuid: string,
  end: number,
  work: (content: Content) => Promise<void>,
) => Promise<boolean>

/** Chunks looked at in one sweep: more wait for the next, so that a sweep stays short. */
const sweepLimit = 500

/** Longest wait between two publishings of a chunk that does not arrive. */
const longestPauseMs = 600_000

/** Milliseconds to leave a chunk alone after it was published again `times` times. */
export function decideRepublishPauseMs(graceMs: number, times: number): number {
  return Math.min(longestPauseMs, graceMs * 2 ** Math.max(0, times - 1))
}

/**
 * Publishes again what is in no stream and not in the ledger: Redis lost it, an entry could not be opened, or the
 * reader died between recording and publishing. Never gives a chunk up, only waits longer each time.
 */
export async function sweep(
  sourceUuids: readonly string[],
  useContent: UseSourceContent,
  scratch: CutScratch,
  options: RepublisherOptions,
): Promise<SweepResult> {
  const { pool, telemetry, graceMs, maxPublishings } = options
  await markCompleteChunks(pool, sourceUuids)
  const incomplete = await selectIncompleteChunks(pool, sourceUuids, sweepLimit)
  const due = incomplete.filter(
    (chunk) => chunk.ageMs >= decideRepublishPauseMs(graceMs, chunk.publishingsAgain),
  )
  const stuck = new Set(incomplete.filter((chunk) => chunk.publishingsAgain >= maxPublishings))
  let republishedChunks = 0
  let republishedBatches = 0
  for (const [chunk, missing] of await findMissing(due, options)) {
    if (options.stop.aborted) break
    const published = await republish(chunk, missing, useContent, scratch, options)
    if (published === undefined) {
      stuck.add(chunk)
      continue
    }
    republishedChunks++
    republishedBatches += published
    if (chunk.publishingsAgain + 1 === maxPublishings) {
      telemetry.stuckChunk({ ...identifyChunk(chunk), publishings: maxPublishings })
    }
  }
  if (republishedChunks > 0) {
    telemetry.sweepPublishedAgain({ chunks: republishedChunks, batches: republishedBatches })
  }
  // Of more than one sweep looks at, only the ledger knows how many there are.
  const all =
    incomplete.length < sweepLimit
      ? { incomplete: incomplete.length, published: 0 }
      : await countIncompleteChunks(pool, sourceUuids, maxPublishings)
  return {
    incompleteChunks: all.incomplete,
    republishedChunks,
    stuckChunks: Math.max(stuck.size, all.published),
  }
}

/**
 * The chunks with batches that are neither in a stream nor in the ledger, and which. The streams are asked first:
 * a batch that is committed and acknowledged in between is then found in the ledger.
 */
async function findMissing(
  chunks: readonly IncompleteChunk[],
  { pool, redis, keyPrefix, registry, telemetry, stop }: RepublisherOptions,
): Promise<Map<IncompleteChunk, Set<string>>> {
  const byType = new Map<string, string[]>()
  for (const chunk of chunks) {
    for (const [logType, { hash }] of Object.entries(chunk.batches)) {
      const hashes = byType.get(logType)
      if (hashes === undefined) byType.set(logType, [hash])
      else hashes.push(hash)
    }
  }
  const absent = new Set<string>()
  for (const [logType, hashes] of byType) {
    if (logType !== unclassified && registry.byName(logType) === undefined) {
      // No longer declared: nobody reads its streams, so what is in them does not arrive.
      for (const hash of hashes) absent.add(hash)
      continue
    }
    const keys = typeKeys(keyPrefix, logType)
    const found = await throughRedisOutages(
      () => redis.sluiceInStreams(keys.raw, keys.rows, keys.batches, ...hashes),
      telemetry,
      stop,
    )
    for (const [index, hash] of hashes.entries()) if (found[index] === 0) absent.add(hash)
  }
  const missing = new Map<IncompleteChunk, Set<string>>()
  if (absent.size === 0) return missing
  const committed = await selectCommitted(pool, [...absent])
  for (const chunk of chunks) {
    const types = Object.entries(chunk.batches)
      .filter(([, { hash }]) => absent.has(hash) && !committed.has(hash))
      .map(([logType]) => logType)
    if (types.length > 0) missing.set(chunk, new Set(types))
  }
  return missing
}

/** Returns how many batches were published, or undefined when the chunk cannot be made again now. */
async function republish(
  chunk: Chunk,
  missing: ReadonlySet<string>,
  useContent: UseSourceContent,
  scratch: CutScratch,
  options: RepublisherOptions,
): Promise<number | undefined> {
  const { pool, telemetry } = options
  let published: number | undefined
  const found = await useContent(chunk.sourceUuid, chunk.end, async (content) => {
    const cut = await cutAgain(content, chunk, options.limits, options.registry, scratch)
    if (cut === undefined) return
    const batches = describeBatches(chunk.sourceUuid, cut)
    let current = chunk
    let only = missing
    if (!sameBatches(batches, chunk.batches)) {
      // The declarations changed since. Nothing committed yet: cut by today's. Else only a person can decide.
      if (!(await replaceBatches(pool, chunk.id, batches))) {
        telemetry.declarationsChanged(identifyChunk(chunk))
        return
      }
      current = { ...chunk, batches }
      only = new Set(Object.keys(batches))
    }
    await countPublishingAgain(pool, chunk.id)
    published = await publishChunk(current, cut, { ...options, only })
  })
  if (!found) {
    telemetry.sourceMissing(identifyChunk(chunk))
  }
  return published
}
