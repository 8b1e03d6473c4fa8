import type pg from 'pg'
import {
  type EntrySelection,
  formatEntryId,
  selectEntries,
  selectStreamKeys,
} from '../dead-letters/select-entries.js'
import type { DeadLetterSelection } from '../dead-letters/selection.js'
import { SluiceError } from '../errors/sluice-error.js'
import type { PartitionWindow } from '../indexer/partitions.js'
import { beginOperation, noteOutcome } from '../ledger/operations.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { unclassified } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { type EntryJudge, judgeEntry, replayEntry } from './replay-entries.js'
import { replayLines } from './replay-lines.js'
import type { ReplayReport } from './replay-report.js'

export interface ReplayRequest {
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly partitions: PartitionWindow
  /** What was asked for, as the command line had it: goes into sluice.operations. */
  readonly asked: object
  /** Undefined: none. */
  readonly lines: DeadLetterSelection | undefined
  readonly entries: EntryRequest | undefined
  readonly dryRun: boolean
  /** Kept of each kind of change. */
  readonly samplesOfEach: number
  readonly onProgress: (linesSoFar: number) => void
  readonly stop: AbortSignal
}

export interface EntryRequest {
  readonly selection: EntrySelection
  readonly redis: ScriptedRedis
  readonly keyPrefix: string
}

/** Entries that could not be opened, and what became of them. */
export interface EntriesReport {
  /** Removed: their lines are in the tables. */
  readonly alreadyIndexed: number
  /** Can be opened today, and are on their way again. */
  readonly publishedAgain: number
  readonly stay: readonly { readonly id: string; readonly because: string }[]
}

export interface Replay {
  readonly dryRun: boolean
  readonly lines: ReplayReport
  readonly entries: EntriesReport
}

const noLines: ReplayReport = { changes: [], samples: [], rows: 0, failed: 0, incomplete: 0, gone: 0 }
const noEntries: EntriesReport = { alreadyIndexed: 0, publishedAgain: 0, stay: [] }

/**
 * Tries dead letters again with today's declarations, and entries that could not be opened with today's code. May be
 * repeated, interrupted, and done by several at once: a line becomes one row.
 * @throws SluiceError SLUICE_INTERRUPTED, SLUICE_POSTGRES_UNREACHABLE
 */
export async function replay(request: ReplayRequest): Promise<Replay> {
  const { pool, lines, entries, dryRun, asked } = request
  const operation = dryRun ? undefined : await beginOperation(pool, 'replay', asked)
  const replayed = {
    dryRun,
    lines: lines === undefined ? noLines : await replayLines({ ...request, selection: lines }),
    entries: entries === undefined ? noEntries : await replayEntries(request, entries),
  }
  if (operation !== undefined) await noteOutcome(pool, operation.id, outcomeOf(replayed), true)
  return replayed
}

async function replayEntries(
  { pool, registry, dryRun, stop }: ReplayRequest,
  { selection, redis, keyPrefix }: EntryRequest,
): Promise<EntriesReport> {
  const declared = registry.types.map(({ name }) => name)
  const judge: EntryJudge = { pool, redis, keyPrefix, readTypes: new Set([...declared, unclassified]) }
  const stay: { id: string; because: string }[] = []
  let alreadyIndexed = 0
  let publishedAgain = 0
  const streamKeys = await selectStreamKeys(pool, keyPrefix)
  for await (const { entry, keys } of selectEntries(pool, redis, streamKeys, selection)) {
    if (stop.aborted) {
      throw new SluiceError('SLUICE_INTERRUPTED', 'interrupted among the entries', {
        hint: 'What was replayed stays so. Run the same command again for the rest.',
      })
    }
    const verdict = await judgeEntry(entry, judge)
    if (verdict.kind === 'arrived') alreadyIndexed++
    else if (verdict.kind === 'publish') publishedAgain++
    else stay.push({ id: formatEntryId(entry), because: verdict.because })
    if (!dryRun) await replayEntry(entry, verdict, redis, keys)
  }
  return { alreadyIndexed, publishedAgain, stay }
}

function outcomeOf({ lines, entries }: Replay): object {
  const { rows, failed, incomplete, gone } = lines
  const { alreadyIndexed, publishedAgain, stay } = entries
  return {
    lines: { rows, failed, incomplete, gone },
    entries: { alreadyIndexed, publishedAgain, stay: stay.length },
  }
}
