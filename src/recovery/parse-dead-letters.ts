import type { StoredLine } from '../dead-letters/selection.js'
import { contentEnd, contentStart } from '../log-types/line-content.js'
import type { LogType, LogTypeRegistry } from '../log-types/log-type.js'
import { ParseBuffers, parseBatch } from '../parser/parse-batch.js'
import { readTupleInt8, tupleOffsets } from '../postgres/copy-writer.js'
import { readTuple } from '../postgres/read-tuple.js'
import { BatchBodyBuilder } from '../streams/batch-body.js'
import { unclassified } from '../streams/keys.js'

/** What today's declarations make of a dead letter. */
export type Verdict =
  | {
      readonly kind: 'row'
      readonly type: LogType
      /** Binary COPY tuple (LogType.copyColumns). */
      readonly tuple: Buffer
      readonly timestampMs: number
    }
  | {
      readonly kind: 'dead'
      readonly logType: string
      readonly reason: string
      readonly detail: string | null
      readonly parserVersion: number
    }
  /** Not all of the line's bytes are kept: only its file can tell. */
  | { readonly kind: 'incomplete' }

/** Places in a row's tuple and in a dead letter's (deadLetterColumns). */
const rowOffsetField = 1
const deadFields = { offset: 2, reason: 5, detail: 6, parserVersion: 7 } as const

const microsPerMs = 1000n
const msBefore2000 = Date.UTC(2000, 0, 1)

/** Memory that parsing needs, kept from page to page. */
export class ParseScratch {
  readonly buffers = new ParseBuffers()
  readonly body = new BatchBodyBuilder()
}

/** What a large page may leave behind. */
const keptBodyBytes = 4 * 1024 * 1024

/**
 * Parses dead letters the way of all lines: detection anew, then as a batch of the type that claims them. A line that
 * no type claimed can become a row of any, and one that a type claimed a row of another. The verdicts are in the order
 * of the letters.
 */
export function parseDeadLetters(
  letters: readonly StoredLine[],
  registry: LogTypeRegistry,
  scratch: ParseScratch,
): Verdict[] {
  const verdicts = new Map<StoredLine, Verdict>()
  const batches = new Map<string, { type: LogType | undefined; letters: StoredLine[] }>()
  for (const letter of letters) {
    if (letter.raw.length < letter.lineBytes) {
      verdicts.set(letter, { kind: 'incomplete' })
      continue
    }
    const type = classify(letter, registry)
    const key = `${letter.batchHash} ${type?.name ?? unclassified}`
    const batch = batches.get(key)
    if (batch === undefined) batches.set(key, { type, letters: [letter] })
    else batch.letters.push(letter)
  }
  for (const batch of batches.values()) {
    batch.letters.sort((a, b) => a.lineOffset - b.lineOffset)
    for (const run of splitOverlaps(batch.letters)) parseRun(run, batch.type, scratch, verdicts)
  }
  return letters.map((letter) => verdicts.get(letter)!)
}

/** What of a stored line is its content, as reader and parser see it. */
export function contentOf({ raw, lineOffset }: StoredLine): Buffer {
  const start = contentStart(raw, 0, raw.length, lineOffset === 0)
  return raw.subarray(start, contentEnd(raw, start, raw.length))
}

function classify(letter: StoredLine, registry: LogTypeRegistry): LogType | undefined {
  const content = contentOf(letter)
  return content.length === 0 ? undefined : registry.types[registry.classify(content, 0, content.length)]
}

/** A body holds lines one after the other; two that overlap, which no ledger has, must not spoil the others. */
function splitOverlaps(letters: readonly StoredLine[]): StoredLine[][] {
  const runs: StoredLine[][] = []
  let previous: StoredLine | undefined
  for (const letter of letters) {
    const follows =
      previous !== undefined &&
      letter.lineOffset > previous.lineOffset &&
      letter.lineOffset >= previous.lineOffset + previous.lineBytes
    if (follows) runs.at(-1)!.push(letter)
    else runs.push([letter])
    previous = letter
  }
  return runs
}

function parseRun(
  letters: readonly StoredLine[],
  type: LogType | undefined,
  { buffers, body }: ParseScratch,
  verdicts: Map<StoredLine, Verdict>,
): void {
  const { lineOffset: start, sourceId, batchHash: hash } = letters[0]!
  body.reset(keptBodyBytes)
  for (const { raw, lineOffset, lineBytes } of letters) {
    body.add(raw, 0, raw.length, lineOffset - start, lineBytes)
  }
  const meta = { logType: type?.name ?? unclassified, hash, sourceId, start, lines: letters.length }
  const parsed = parseBatch(body.finish(), meta, type, buffers)
  const byOffset = new Map(letters.map((letter) => [letter.lineOffset, letter]))

  if (type !== undefined) {
    // The buffers are used again for the next run.
    const rows = Buffer.from(parsed.rows)
    const timestampField = type.copyColumns.indexOf('timestamp')
    visitTuples(rows, (from, to) => {
      const letter = byOffset.get(readTupleInt8(rows, from, rowOffsetField))!
      const timestamp = readTuple(rows, from)[timestampField]!
      verdicts.set(letter, {
        kind: 'row',
        type,
        tuple: rows.subarray(from, to),
        timestampMs: toEpochMs(timestamp.readBigInt64BE()),
      })
    })
  }
  const { dead } = parsed
  visitTuples(dead, (from) => {
    const fields = readTuple(dead, from)
    const letter = byOffset.get(readTupleInt8(dead, from, deadFields.offset))!
    verdicts.set(letter, {
      kind: 'dead',
      logType: meta.logType,
      reason: fields[deadFields.reason]!.toString('utf8'),
      detail: fields[deadFields.detail]?.toString('utf8') ?? null,
      parserVersion: fields[deadFields.parserVersion]!.readInt16BE(),
    })
  })
}

function visitTuples(tuples: Buffer, visit: (from: number, to: number) => void): void {
  const offsets = tupleOffsets(tuples)
  for (let index = 0; index < offsets.length - 1; index++) visit(offsets[index]!, offsets[index + 1]!)
}

/** Rounded down, as the parser does. */
function toEpochMs(microsSince2000: bigint): number {
  const rest = ((microsSince2000 % microsPerMs) + microsPerMs) % microsPerMs
  return Number((microsSince2000 - rest) / microsPerMs) + msBefore2000
}
