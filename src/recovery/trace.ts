import type pg from 'pg'
import type { Chunk } from '../ledger/chunks.js'
import { selectExpiredWithin } from '../ledger/expired-days.js'
import { selectPathsOfSource } from '../ledger/files.js'
import {
  selectTracedBatches,
  selectTracedChunk,
  selectTracedDeadLetter,
  selectTracedRows,
  selectTracedSource,
  type TracedBatch,
  type TracedChunk,
  type TracedDeadLetter,
  type TracedRow,
  type TracedSource,
} from '../ledger/trace.js'
import { classifyLine } from '../log-types/line/line-content.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { BatchInStream } from '../streams/find-batch.js'
import { unclassified } from '../streams/keys.js'
import { type LineInFile, type LineReading, readRecordedLine } from './read-recorded-line.js'

/** What there is to know of one line, from its file to its row. */
export interface Trace {
  readonly source: TracedSource
  /** Where its content was seen, the newest first. */
  readonly paths: readonly string[]
  /** Of the line's first byte; where the file cannot tell, what was asked for, or null. */
  readonly offset: number | null
  /** Counted from 1; where the file cannot tell, what was asked for, or null. */
  readonly number: number | null
  readonly line: LineReading | undefined
  readonly chunk: TracedChunk | undefined
  /** The batch that it came with, as far as that can be told. */
  readonly batch: BatchState | undefined
  /** One where all is well with a line that is not a dead letter. */
  readonly rows: readonly TracedRow[]
  readonly deadLetter: TracedDeadLetter | undefined
  /** Of a line that is nowhere: days of its batch whose rows left their tables; its row may have been among them. */
  readonly expiredDays: readonly string[]
  readonly state: LineState
}

export type LineState =
  | 'row'
  | 'dead-letter'
  /** Recorded, and its batch not in the tables yet. */
  | 'in-flight'
  /** Its chunk is not recorded yet. */
  | 'unread'
  /** Its batch is in the ledger, the line in no table: no line begins there, or somebody deleted it. */
  | 'nowhere'
  /** Only the file could tell which line it is, and it is not there any more. */
  | 'unknown'

export interface BatchState {
  readonly logType: string
  readonly hash: string
  /** Undefined: not in the ledger. */
  readonly committed: TracedBatch | undefined
  /** Of one that is not in the ledger; undefined: in no stream either. */
  readonly inStream: BatchInStream | undefined
}

export interface TraceOptions {
  /** Should not bound how long a statement takes: a line that is nowhere is looked for everywhere. */
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
  /** Of the reader (CutLimits). */
  readonly maxLineBytes: number
  /** Asked only for a batch that is not in the ledger. */
  readonly findBatch: (logType: string, hash: string) => Promise<BatchInStream | undefined>
}

/** A byte of the line, or the line's number, counted from 1. */
export type LinePlace = { readonly offset: number } | { readonly number: number }

/** Undefined when the ledger does not know the source. */
export async function traceLine(
  sourceId: number,
  place: LinePlace,
  options: TraceOptions,
): Promise<Trace | undefined> {
  const { pool } = options
  const source = await selectTracedSource(pool, sourceId)
  if (source === undefined) return undefined
  const paths = await selectPathsOfSource(pool, sourceId)
  const chunk = await selectTracedChunk(pool, sourceId, place)
  const asked = { offset: null, number: null, ...place }
  const nothing = { line: undefined, batch: undefined, rows: [], deadLetter: undefined, expiredDays: [] }
  if (chunk === undefined) return { source, paths, ...asked, ...nothing, chunk, state: 'unread' }

  const wanted = 'offset' in place ? place : { index: place.number - chunk.linesBefore - 1 }
  const line = await readRecordedLine(paths, chunk, wanted, options)
  const inFile = 'raw' in line ? line : undefined
  const offset = inFile?.offset ?? asked.offset
  const number = inFile === undefined ? asked.number : chunk.linesBefore + inFile.index + 1
  const where = { source, paths, offset, number, line, chunk }
  if (offset === null) return { ...nothing, ...where, state: 'unknown' }

  const committed = await selectTracedBatches(pool, chunk.id)
  const deadLetter = await selectTracedDeadLetter(pool, sourceId, offset)
  let rows = await selectTracedRows(pool, sourceId, offset, timesOf(committed))
  const logType = batchTypeOf(chunk, committed, inFile, rows, deadLetter, options.registry)
  const batch = logType === undefined ? undefined : await readBatchState(chunk, logType, committed, options)
  if (batch !== undefined && batch.committed === undefined && batch.inStream === undefined) {
    const now = await selectTracedBatches(pool, chunk.id)
    // Committed, and so gone from its stream, between the two looks.
    if (now.some(({ hash }) => hash === batch.hash)) return traceLine(sourceId, place, options)
  }
  if (rows.length === 0 && deadLetter === undefined && batch?.committed !== undefined) {
    // It should be there. Before that is denied, the times are not relied on.
    rows = await selectTracedRows(pool, sourceId, offset, undefined)
  }
  const state = decideState(rows, deadLetter, batch)
  const times = timesOf(committed)
  const expiredDays =
    state === 'nowhere' && times !== undefined
      ? await selectExpiredWithin(pool, { from: times.from, until: times.to })
      : []
  return { ...where, batch, rows, deadLetter, expiredDays, state }
}

/** From the first to the last event of all batches; undefined where none has one. */
function timesOf(batches: readonly TracedBatch[]): { from: string; to: string } | undefined {
  const from = batches.flatMap(({ firstEventAt }) => firstEventAt ?? []).sort()[0]
  const to = batches
    .flatMap(({ lastEventAt }) => lastEventAt ?? [])
    .sort()
    .at(-1)
  return from === undefined || to === undefined ? undefined : { from, to }
}

/** The type of the batch that the line came with: what the ledger says, else what the line looks like today. */
function batchTypeOf(
  chunk: Chunk,
  committed: readonly TracedBatch[],
  line: LineInFile | undefined,
  rows: readonly TracedRow[],
  deadLetter: TracedDeadLetter | undefined,
  registry: LogTypeRegistry,
): string | undefined {
  const types = Object.keys(chunk.batches)
  const has = (type: string | undefined) => type !== undefined && types.includes(type)
  const ofDeadLetter = types.find((type) => chunk.batches[type]?.hash === deadLetter?.batchHash)
  if (ofDeadLetter !== undefined) return ofDeadLetter
  if (types.length === 1) return types[0]
  // A line that was replayed is in the table of another type than its batch; the chunk may have none of that type.
  if (has(rows[0]?.logType)) return rows[0]!.logType
  if (line !== undefined) {
    const looksLike = classifyLine(line.raw, line.offset, line.bytes, registry)?.name ?? unclassified
    if (has(looksLike)) return looksLike
  }
  const missing = types.filter((type) => !committed.some(({ logType }) => logType === type))
  return missing.length === 1 ? missing[0] : undefined
}

async function readBatchState(
  chunk: Chunk,
  logType: string,
  batches: readonly TracedBatch[],
  { findBatch }: TraceOptions,
): Promise<BatchState> {
  const { hash } = chunk.batches[logType]!
  const committed = batches.find((batch) => batch.hash === hash)
  return {
    logType,
    hash,
    committed,
    inStream: committed === undefined ? await findBatch(logType, hash) : undefined,
  }
}

function decideState(
  rows: readonly TracedRow[],
  deadLetter: TracedDeadLetter | undefined,
  batch: BatchState | undefined,
): LineState {
  if (rows.length > 0) return 'row'
  if (deadLetter !== undefined) return 'dead-letter'
  if (batch === undefined) return 'unknown'
  return batch.committed === undefined ? 'in-flight' : 'nowhere'
}
