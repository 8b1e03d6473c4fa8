import type { CopyWriter } from '../postgres/copy-writer.js'
import { readTupleField, readTupleInt8, tupleOffsets } from '../postgres/read-tuple.js'
import type { DeadLetterReason } from '../telemetry/indexer-telemetry.js'

export const deadLettersTable = { schema: 'sluice', name: 'dead_letters' } as const

/** Columns of a dead letter's binary COPY tuple, in order; the others have defaults. */
export const deadLetterColumns = [
  'log_type',
  'source_id',
  'line_offset',
  'line_bytes',
  'raw',
  'reason',
  'detail',
  'parser_version',
  'batch_hash',
] as const

/** Place in these tuples. */
const placeOf = (column: (typeof deadLetterColumns)[number]) => deadLetterColumns.indexOf(column)

export const deadLetterOffsetField: number = placeOf('line_offset')
const logTypeField = placeOf('log_type')
const rawField = placeOf('raw')
const reasonField = placeOf('reason')
const detailField = placeOf('detail')
const parserVersionField = placeOf('parser_version')
const batchHashField = placeOf('batch_hash')

/** What all dead letters of a batch have in common. */
export interface DeadLetterOrigin {
  readonly logType: string
  readonly sourceId: number
  readonly parserVersion: number
  /** SHA-256, 32 bytes. */
  readonly batchHash: Buffer
}

export function originOf(
  batch: { readonly logType: string; readonly sourceId: number; readonly hash: string },
  parserVersion: number,
): DeadLetterOrigin {
  const { logType, sourceId, hash } = batch
  return { logType, sourceId, parserVersion, batchHash: Buffer.from(hash, 'hex') }
}

/** Appends the dead letter of the line stored as bytes[start, end). */
export function writeDeadLetter(
  writer: CopyWriter,
  origin: DeadLetterOrigin,
  line: {
    readonly bytes: Buffer
    readonly start: number
    readonly end: number
    readonly offset: number
    readonly fullBytes: number
  },
  reason: DeadLetterReason,
  detail: string | null,
): void {
  writer.beginTuple(deadLetterColumns.length)
  writer.writeText(origin.logType)
  writer.writeInt4(origin.sourceId)
  writer.writeInt8(line.offset)
  writer.writeInt8(line.fullBytes)
  writer.writeBytes(line.bytes, line.start, line.end)
  writer.writeText(reason)
  if (detail === null) writer.writeNull()
  else writer.writeText(detail)
  writer.writeInt2(origin.parserVersion)
  writer.writeBytes(origin.batchHash, 0, origin.batchHash.length)
}

/** A dead letter as its tuple has it. Fields are read when they are asked for; the buffers are views. */
export class DeadLetterTuple {
  readonly lineOffset: number

  /** The tuple is tuples[start, end). */
  constructor(
    private readonly tuples: Buffer,
    private readonly start: number,
    private readonly end: number,
  ) {
    this.lineOffset = readTupleInt8(tuples, start, deadLetterOffsetField)
  }

  get tuple(): Buffer {
    return this.tuples.subarray(this.start, this.end)
  }

  get logType(): string {
    return this.field(logTypeField)!.toString('utf8')
  }

  get raw(): Buffer {
    return this.field(rawField)!
  }

  get reason(): string {
    return this.field(reasonField)!.toString('utf8')
  }

  get detail(): string | null {
    return this.field(detailField)?.toString('utf8') ?? null
  }

  get parserVersion(): number {
    return this.field(parserVersionField)!.readInt16BE()
  }

  get batchHash(): Buffer {
    return this.field(batchHashField)!
  }

  private field(place: number): Buffer | null {
    return readTupleField(this.tuples, this.start, place)
  }
}

/** Reads back what writeDeadLetter wrote. Throws on malformed bytes. */
export function readDeadLetters(tuples: Buffer): DeadLetterTuple[] {
  const offsets = tupleOffsets(tuples)
  const letters: DeadLetterTuple[] = []
  for (let i = 0; i + 1 < offsets.length; i++) {
    letters.push(new DeadLetterTuple(tuples, offsets[i]!, offsets[i + 1]!))
  }
  return letters
}
