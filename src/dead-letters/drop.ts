import type { Redis } from 'ioredis'
import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { beginOperation, noteOutcome } from '../ledger/operations.js'
import { deleteDeadEntry } from '../streams/dead-entries.js'
import { readBatchMeta } from '../streams/envelope.js'
import { dropDeadLetters } from './drop-dead-letters.js'
import { type EntrySelection, formatEntryId, selectEntries, selectStreamKeys } from './select-entries.js'
import type { DeadLetterSelection } from './selection.js'

export interface DropRequest {
  readonly pool: pg.Pool
  /** What was asked for, as the command line had it: goes into sluice.operations. */
  readonly asked: object
  readonly because: string
  /** Undefined: none. */
  readonly lines: DeadLetterSelection | undefined
  readonly entries: DropEntries | undefined
  readonly dryRun: boolean
  readonly onProgress: (linesSoFar: number) => void
  readonly stop: AbortSignal
}

export interface DropEntries {
  readonly selection: EntrySelection
  readonly redis: Redis
  readonly keyPrefix: string
}

export interface Dropped {
  readonly dryRun: boolean
  readonly lines: number
  readonly entries: readonly DroppedEntry[]
}

/** What is kept of an entry that is no more. */
export interface DroppedEntry {
  readonly id: string
  readonly reason: string
  /** Undefined where the entry did not say it. */
  readonly batchHash: string | undefined
}

/**
 * Drops dead letters and entries, with a reason. The lines stay in their table; entries are evidence only and are
 * removed: what they carried comes from the file again, unless it is there.
 * @throws SluiceError SLUICE_INTERRUPTED
 */
export async function drop(request: DropRequest): Promise<Dropped> {
  const { pool, lines, entries, dryRun, asked, because, stop } = request
  const operation = dryRun ? undefined : await beginOperation(pool, 'drop', { ...asked, because })
  const dropped = {
    dryRun,
    lines: lines === undefined ? 0 : await dropDeadLetters({ ...request, selection: lines }),
    entries: entries === undefined ? [] : await dropEntries(request, entries),
  }
  if (operation !== undefined) {
    // Nothing else tells of entries that are gone, so this comes before an interruption's message.
    const outcome = { lines: dropped.lines, entries: dropped.entries }
    await noteOutcome(pool, operation.id, outcome, !stop.aborted)
  }
  if (stop.aborted) {
    throw new SluiceError('SLUICE_INTERRUPTED', `interrupted after ${dropped.entries.length} entries`, {
      hint: 'What was dropped stays so. Run the same command again for the rest.',
    })
  }
  return dropped
}

async function dropEntries(
  { pool, dryRun, stop }: DropRequest,
  { selection, redis, keyPrefix }: DropEntries,
): Promise<DroppedEntry[]> {
  const dropped: DroppedEntry[] = []
  const streamKeys = await selectStreamKeys(pool, keyPrefix)
  for await (const { entry, keys } of selectEntries(pool, redis, streamKeys, selection)) {
    if (stop.aborted) break
    if (!dryRun && !(await deleteDeadEntry(redis, keys, entry.id))) continue
    dropped.push({
      id: formatEntryId(entry),
      reason: entry.reason,
      batchHash: readBatchMeta(entry.fields)?.hash,
    })
  }
  return dropped
}
