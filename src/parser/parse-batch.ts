import { originOf, writeDeadLetter } from '../dead-letters/dead-letter-tuple.js'
import { contentEnd, contentStart } from '../log-types/line/line-content.js'
import { isCleanText, LineSource } from '../log-types/line/line-source.js'
import type { EncodedLine, LogType } from '../log-types/log-type.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { linesPart, visitLines } from '../streams/batch-body.js'
import { type BatchMeta, type RowsMeta, UnopenableEntryError } from '../streams/envelope.js'
import type { DeadLetterReason } from '../telemetry/indexer-telemetry.js'

/**
 * A parsed batch: every line is a tuple in rows or in dead. These two are views of the ParseBuffers: they hold until the
 * next batch is parsed with the same buffers.
 */
export interface ParsedBatch {
  /** Binary COPY tuples for the type's table (LogType.copyColumns). */
  readonly rows: Buffer
  readonly rowCount: number
  /** Of the rows, those with something in `extra`. */
  readonly undeclaredRowCount: number
  /** Binary COPY tuples for the dead letters (deadLetterColumns). */
  readonly dead: Buffer
  readonly deadCount: number
  readonly reasons: Readonly<Partial<Record<DeadLetterReason, number>>>
  /** Sum of the absolute offsets of all lines. */
  readonly lineOffsetSum: bigint
  /** Days since 1970-01-01 (UTC), ascending. */
  readonly days: readonly number[]
  readonly firstEventMs: number | null
  readonly lastEventMs: number | null
}

const dayMs = 86_400_000

/** Room for the rows of a usual batch. Too little costs copies as it grows; pages that are not written cost nothing. */
const INITIAL_ROWS_BYTES = 4 * 1024 * 1024
const INITIAL_DEAD_BYTES = 64 * 1024
/** A batch of unusual size does not keep its memory: more than this is given back before the next one. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

/** Memory that parsing writes into; one for each parser, reused from batch to batch. */
export class ParseBuffers {
  rows = new CopyWriter(INITIAL_ROWS_BYTES)
  dead = new CopyWriter(INITIAL_DEAD_BYTES)

  /** Forgets the batch before. */
  reset(): void {
    if (this.rows.buffer.length > MAX_KEPT_BYTES) this.rows = new CopyWriter(INITIAL_ROWS_BYTES)
    if (this.dead.buffer.length > MAX_KEPT_BYTES) this.dead = new CopyWriter(INITIAL_DEAD_BYTES)
    this.rows.reset()
    this.dead.reset()
  }
}

/**
 * Parses the lines of a batch, each to a row or to a dead letter. `type` is undefined for lines that no type
 * claimed; `setAside`: no line is parsed, all are set aside for this reason.
 * @throws UnopenableEntryError when the body's layout does not hold together or does not have meta.lines lines.
 */
export function parseBatch(
  body: Buffer,
  meta: Pick<BatchMeta, 'logType' | 'hash' | 'sourceId' | 'start' | 'lines' | 'fileTimeMs'>,
  type: LogType | undefined,
  buffers: ParseBuffers,
  setAside?: 'poison_batch',
): ParsedBatch {
  buffers.reset()
  const { rows, dead } = buffers
  const origin = originOf(meta, type?.version ?? 0)
  const { sourceId, start: chunkStart } = meta
  const fieldCount = type?.copyColumns.length ?? 0
  const source = new LineSource(body, isCleanText(linesPart(body)), meta.fileTimeMs)
  const out: EncodedLine = { timestampMs: 0 }
  const reasons: Partial<Record<DeadLetterReason, number>> = {}
  const days = new Set<number>()
  let lastDay = Number.NaN
  let rowCount = 0
  let undeclaredRowCount = 0
  let deadCount = 0
  let relativeOffsetSum = 0
  let lineOffsetSum = 0n
  let firstEventMs = Number.POSITIVE_INFINITY
  let lastEventMs = Number.NEGATIVE_INFINITY

  function bury(
    start: number,
    end: number,
    offset: number,
    fullBytes: number,
    reason: DeadLetterReason,
    detail: string | null,
  ): void {
    writeDeadLetter(
      dead,
      origin,
      { bytes: body, start, end, offset: meta.start + offset, fullBytes },
      reason,
      detail,
    )
    reasons[reason] = (reasons[reason] ?? 0) + 1
    deadCount++
  }

  const lines = visitLines(body, (start, end, offset, fullBytes) => {
    relativeOffsetSum += offset
    if (relativeOffsetSum > 2 ** 52) {
      lineOffsetSum += BigInt(relativeOffsetSum)
      relativeOffsetSum = 0
    }
    const from = contentStart(body, start, end, meta.start + offset === 0)
    const to = contentEnd(body, from, end)
    if (setAside !== undefined) return bury(start, end, offset, fullBytes, setAside, null)
    if (type === undefined)
      return bury(start, end, offset, fullBytes, unclassifiedReason(from, to, end - start, fullBytes), null)
    const tupleStart = rows.position
    rows.beginRow(fieldCount, sourceId, chunkStart + offset, type.version)
    const refusal = type.encodeLine(source, from, to, rows, out)
    if (refusal !== undefined) {
      rows.rewind(tupleStart)
      return bury(start, end, offset, fullBytes, refusal.reason, refusal.detail)
    }
    rowCount++
    // The last field is `extra`: NULL is four bytes 0xff, and JSON ends with a brace.
    if (rows.buffer[rows.position - 1] !== 0xff) undeclaredRowCount++
    const time = out.timestampMs
    if (time < firstEventMs) firstEventMs = time
    if (time > lastEventMs) lastEventMs = time
    const day = Math.floor(time / dayMs)
    if (day !== lastDay) {
      days.add(day)
      lastDay = day
    }
  })
  if (lines !== meta.lines)
    throw new UnopenableEntryError(`batch has ${lines} lines, meta says ${meta.lines}`)

  return {
    rows: rows.written(),
    rowCount,
    undeclaredRowCount,
    dead: dead.written(),
    deadCount,
    reasons,
    lineOffsetSum: lineOffsetSum + BigInt(relativeOffsetSum) + BigInt(lines) * BigInt(meta.start),
    days: [...days].sort((a, b) => a - b),
    firstEventMs: rowCount > 0 ? firstEventMs : null,
    lastEventMs: rowCount > 0 ? lastEventMs : null,
  }
}

/** What of a batch's meta parsing adds. */
export type ParsedMeta = Pick<
  RowsMeta,
  | 'parserVersion'
  | 'copyLayout'
  | 'columns'
  | 'rows'
  | 'deadLetters'
  | 'lineOffsetSum'
  | 'days'
  | 'firstEventMs'
  | 'lastEventMs'
  | 'reasons'
>

/** `type` is the one that the batch was parsed with. */
export function describeParsed(parsed: ParsedBatch, type: LogType | undefined): ParsedMeta {
  return {
    parserVersion: type?.version ?? 0,
    copyLayout: type?.copyLayout ?? '',
    ...(type === undefined ? {} : { columns: [...type.columnTypes] }),
    rows: parsed.rowCount,
    deadLetters: parsed.deadCount,
    lineOffsetSum: String(parsed.lineOffsetSum),
    days: [...parsed.days],
    firstEventMs: parsed.firstEventMs,
    lastEventMs: parsed.lastEventMs,
    reasons: parsed.reasons,
  }
}

function unclassifiedReason(
  from: number,
  to: number,
  storedBytes: number,
  fullBytes: number,
): DeadLetterReason {
  if (fullBytes > storedBytes) return 'oversize_line'
  return from === to ? 'empty_line' : 'no_type'
}
