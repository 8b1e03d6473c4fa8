import { readDeadLetters } from '../dead-letters/dead-letter-tuple.js'
import type { StoredLine } from '../dead-letters/selection.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import { classifyLine } from '../log-types/line/line-content.js'
import { type LogType, type LogTypeRegistry, lineOffsetField } from '../log-types/log-type.js'
import { ParseBuffers, parseBatch } from '../parser/parse-batch.js'
import { readTupleField, readTupleInt8, tupleOffsets } from '../postgres/read-tuple.js'
import { toEpochMs } from '../postgres/read-value.js'
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
    const type = classifyLine(letter.raw, letter.lineOffset, letter.lineBytes, registry)
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
  const { lineOffset: start, sourceId, batchHash: hash, fileTimeMs } = letters[0]!
  body.reset(keptBodyBytes)
  for (const { raw, lineOffset, lineBytes } of letters) {
    body.add(raw, 0, raw.length, lineOffset - start, lineBytes)
  }
  const lines = letters.length
  const meta = { logType: type?.name ?? unclassified, hash, sourceId, start, lines, fileTimeMs }
  const parsed = parseBatch(body.finish(), meta, type, buffers)
  const byOffset = new Map(letters.map((letter) => [letter.lineOffset, letter]))

  if (type !== undefined) {
    // The buffers are used again for the next run.
    const rows = Buffer.from(parsed.rows)
    const timestampField = type.copyColumns.indexOf(PARTITION_KEY)
    const offsets = tupleOffsets(rows)
    for (let index = 0; index + 1 < offsets.length; index++) {
      const from = offsets[index]!
      const letter = byOffset.get(readTupleInt8(rows, from, lineOffsetField))!
      verdicts.set(letter, {
        kind: 'row',
        type,
        tuple: rows.subarray(from, offsets[index + 1]!),
        timestampMs: toEpochMs(readTupleField(rows, from, timestampField)!.readBigInt64BE()),
      })
    }
  }
  const { logType } = meta
  for (const { lineOffset, reason, detail, parserVersion } of readDeadLetters(parsed.dead)) {
    verdicts.set(byOffset.get(lineOffset)!, { kind: 'dead', logType, reason, detail, parserVersion })
  }
}
