import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import type { Batch } from '../indexer/commit.js'
import { hashLines } from '../indexer/line-hashes.js'
import { setDuplicatesAside } from '../indexer/record-dedup.js'
import { type Chunk, sameBatches } from '../ledger/chunks.js'
import { selectExpiredWithin } from '../ledger/expired-days.js'
import type { FindKnownRecords } from '../ledger/records.js'
import { sum } from '../ledger/sum.js'
import {
  type BatchBefore,
  lockChunk,
  replaceSwappedBatches,
  type SwappedBatch,
  selectBatchesBefore,
  upsertSwappedBatches,
} from '../ledger/swapped-batches.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { inTransaction } from '../postgres/pool.js'
import { copyCounted } from '../rollups/copy-counted.js'
import {
  changeDeadLetters,
  moveDeadLetters,
  type OldDeadLetter,
  selectOldDeadLetters,
} from './dead-letter-changes.js'
import { deleteOldRows, type LineRange, likelyTimes, selectTimeRange, type TimeRange } from './old-rows.js'
import type { ParsedAgain } from './parse-again.js'
import { leaveOut, lineOffsetsOf } from './tuples.js'

/** What is to take the place of what. */
export interface Swap {
  /** As it was read from the ledger. */
  readonly chunk: Chunk
  /**
   * Its lines parsed again: the batch of one type, whose lines are the same as before, or all batches of the chunk,
   * into which its lines are sorted anew.
   */
  readonly batches: readonly ParsedAgain[]
  /** What the whole chunk is cut into from now on; undefined when one batch is swapped. */
  readonly newBatches: Chunk['batches'] | undefined
  /** A batch that today's parser wrote since then is left alone: an interrupted command goes on. PostgreSQL's text. */
  readonly since: string
}

export type SwapOutcome =
  | { readonly kind: 'swapped'; readonly rows: number; readonly deadLetters: number }
  /** Somebody swapped it meanwhile. */
  | { readonly kind: 'done' }
  /** The ledger does not have it any more as it was read: look again. */
  | { readonly kind: 'changed' }
  /** Some of the chunk's lines are still on their way. */
  | { readonly kind: 'in flight' }

/**
 * Takes the rows and dead letters of batches out of the tables and their rollups and puts those of today's parser in, in one
 * transaction. The chunk is locked first, then its batches in the order of their hashes, then their dead letters: as
 * everybody does who changes what is committed. Throws what Postgres says; then nothing is changed.
 */
export function swapBatches(pool: pg.Pool, registry: LogTypeRegistry, swap: Swap): Promise<SwapOutcome> {
  return inTransaction(pool, (client) => swapIn(client, registry, swap))
}

async function swapIn(client: pg.PoolClient, registry: LogTypeRegistry, swap: Swap): Promise<SwapOutcome> {
  const { chunk, newBatches } = swap
  const only = newBatches === undefined ? swap.batches[0]!.meta : undefined
  const recorded = await lockChunk(client, chunk.id)
  if (recorded === undefined || !sameBatches(recorded, chunk.batches)) return { kind: 'changed' }
  const old = await selectBatchesBefore(client, chunk.id, only?.logType, swap.since, 'lock')
  if (sum(old, ({ lines }) => lines) !== (only?.lines ?? chunk.lines)) return { kind: 'in flight' }
  if (only !== undefined && isDone(old[0]!, only.parserVersion)) return { kind: 'done' }

  const hashes = old.map(({ hash }) => hash)
  const letters = await selectOldDeadLetters(client, hashes, 'lock')
  requireCount(
    chunk,
    'dead letters',
    sum(old, (batch) => batch.deadLetters),
    letters.length,
  )
  const stay = droppedThatStay(letters, swap)
  const dropped = new Map(stay.map((one) => [one.lineOffset, one.id]))
  const skip = new Set(dropped.keys())
  const batches: ParsedAgain[] = []
  for (const batch of swap.batches) {
    batches.push(await withoutDuplicates(client, registry, leaveOut(batch, skip)))
  }

  const rows = sum(old, (batch) => batch.rows)
  const times = await selectTimeRange(client, hashes)
  const deleted = await deleteOldRows(client, linesOf(swap), {
    expected: rows,
    times,
    likely: likelyTimes(registry, batches),
  })
  if (deleted < rows && times !== undefined) await refuseExpired(client, times, rows, deleted)
  requireCount(chunk, 'rows', rows, deleted)
  for (const batch of batches) await copyRows(client, registry, batch)
  await changeDeadLetters(
    client,
    letters.filter((letter) => !stay.includes(letter)),
    batches.map(({ dead }) => dead),
  )
  const droppedBatches = droppedByBatch(swap, dropped)
  await upsertSwappedBatches(
    client,
    chunk.id,
    batches.map((batch) => toSwappedBatch(batch, droppedBatches)),
  )
  if (newBatches !== undefined) {
    await moveDeadLetters(client, droppedBatches)
    await replaceSwappedBatches(client, chunk.id, newBatches)
  }
  return {
    kind: 'swapped',
    rows: sum(batches, ({ meta }) => meta.rows),
    deadLetters: sum(batches, ({ meta }) => meta.deadLetters) + dropped.size,
  }
}

/**
 * The batch with rows turned into dead letters which another source brought before, where its type asks for that. In a
 * swap, once everything is locked and nothing is written.
 */
export async function withoutDuplicates(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  batch: ParsedAgain,
  findKnown?: FindKnownRecords,
): Promise<ParsedAgain> {
  const type = registry.byName(batch.meta.logType)
  if (type?.dedup !== 'record') return batch
  const hashed = { ...batch, lineHashes: hashLines(batch.body, batch.meta) }
  const [unique] = await setDuplicatesAside(client, type, [hashed], findKnown)
  return unique!
}

function isDone(old: BatchBefore, parserVersion: number): boolean {
  return old.swappedSince && old.parserVersion === parserVersion
}

/**
 * The dropped dead letters whose lines are lines today, too. One that is part of a record of several lines now, whose type
 * was not declared so before, goes: its bytes are the record's.
 */
export function droppedThatStay(letters: readonly OldDeadLetter[], swap: Swap): readonly OldDeadLetter[] {
  const dropped = letters.filter(({ isDropped }) => isDropped)
  if (dropped.length === 0 || swap.newBatches === undefined) return dropped
  const lines = new Set(swap.batches.flatMap(({ body, meta }) => lineOffsetsOf(body, meta.start)))
  return dropped.filter(({ lineOffset }) => lines.has(lineOffset))
}

/** Exactly the lines of the one batch, or all of the chunk. */
export function linesOf({ chunk, batches, newBatches }: Swap): LineRange {
  const { sourceId, start, end } = chunk
  if (newBatches !== undefined) return { sourceId, start, end }
  return { sourceId, start, end, offsets: lineOffsetsOf(batches[0]!.body, start) }
}

async function copyRows(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  { meta, rows }: Batch,
): Promise<void> {
  if (meta.rows === 0) return
  const type = registry.byName(meta.logType)
  if (type === undefined) throw new TypeError('rows of a batch without a log type')
  await copyCounted(client, type.table, type.copyColumns, [rows], meta.rows)
}

/** The hash of the batch in which each dropped dead letter's line is now, by the dead letter's id. */
function droppedByBatch(swap: Swap, dropped: ReadonlyMap<number, string>): Map<string, string> {
  const batchOf = new Map<string, string>()
  if (dropped.size === 0) return batchOf
  for (const { body, meta } of swap.batches) {
    for (const offset of lineOffsetsOf(body, meta.start)) {
      const id = dropped.get(offset)
      if (id !== undefined) batchOf.set(id, meta.hash)
    }
  }
  return batchOf
}

function toSwappedBatch({ meta }: Batch, droppedBatches: ReadonlyMap<string, string>): SwappedBatch {
  const { hash, logType, parserVersion, lines, rows, lineOffsetSum } = meta
  const deadLetters = meta.deadLetters + sum([...droppedBatches.values()], (one) => (one === hash ? 1 : 0))
  // The table checks it as well; here it names the batch.
  if (rows + deadLetters !== lines) {
    throw new TypeError(`batch ${hash}: ${rows} rows and ${deadLetters} dead letters of ${lines} lines`)
  }
  const hasRows = rows > 0
  return {
    ...{ hash, logType, parserVersion, lines, rows, deadLetters, lineOffsetSum },
    firstEventMs: hasRows ? meta.firstEventMs : null,
    lastEventMs: hasRows ? meta.lastEventMs : null,
  }
}

/**
 * Rows that left their tables cannot be swapped, and are no fault of the ledger.
 * @throws SluiceError SLUICE_ROWS_EXPIRED
 */
async function refuseExpired(
  client: pg.PoolClient,
  times: TimeRange,
  expected: number,
  got: number,
): Promise<void> {
  const days = await selectExpiredWithin(client, times)
  if (days.length === 0) return
  const shown = days.length > 3 ? `${days[0]} to ${days.at(-1)}` : days.join(', ')
  throw new SluiceError(
    'SLUICE_ROWS_EXPIRED',
    `rows of ${shown} have expired; \`sluice partitions restore\` puts them back`,
    {
      expected: `${expected} rows`,
      got: String(got),
    },
  )
}

/** @throws SluiceError SLUICE_UNBALANCED: what is wrong already must not be made part of something new. */
function requireCount(chunk: Chunk, what: string, expected: number, got: number): void {
  if (expected === got) return
  const where = `bytes ${chunk.start} to ${chunk.end} of source ${chunk.sourceId}`
  throw new SluiceError('SLUICE_UNBALANCED', `the tables do not hold what the ledger says of ${where}`, {
    expected: `${expected} ${what}`,
    got: String(got),
  })
}
