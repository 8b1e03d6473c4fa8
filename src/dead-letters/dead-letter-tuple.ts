import type { CopyWriter } from '../postgres/copy-writer.js'
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

/** What all dead letters of a batch have in common. */
export interface DeadLetterOrigin {
  readonly logType: string
  readonly sourceId: number
  readonly parserVersion: number
  /** SHA-256, 32 bytes. */
  readonly batchHash: Buffer
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
