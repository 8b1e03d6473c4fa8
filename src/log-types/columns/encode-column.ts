import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedLine } from '../log-type.js'
import { type EncodedColumn, INET, INTEGER, TEXT, TIMESTAMP } from './encoded-column.js'
import { encodeInet } from './inet.js'
import { encodeInteger } from './integer.js'
import { encodeText } from './text.js'
import { epochMs } from './timestamp.js'

/** Writes one field of the tuple; `start` is -1 for an absent field. An empty field counts as absent. */
export function encodeColumn(
  column: EncodedColumn,
  bytes: Buffer,
  start: number,
  end: number,
  writer: CopyWriter,
  out: EncodedLine,
): Refusal | undefined {
  if (start < 0 || start === end) {
    if (column.other?.takesAbsent) return column.other.encode(bytes, -1, -1, writer, out)
    if (column.required) return column.missing
    writer.writeNull()
    return undefined
  }
  switch (column.kind) {
    case TEXT:
      return encodeText(column, bytes, start, end, writer)
    case INTEGER:
      return encodeInteger(column, bytes, start, end, writer)
    case INET:
      return encodeInet(bytes, start, end, writer) ? undefined : column.invalid
    case TIMESTAMP:
      return encodeTimestamp(column, bytes, start, end, writer, out)
    default:
      return column.other!.encode(bytes, start, end, writer, out)
  }
}

function encodeTimestamp(
  column: EncodedColumn,
  bytes: Buffer,
  start: number,
  end: number,
  writer: CopyWriter,
  out: EncodedLine,
): Refusal | undefined {
  const decoder = column.timestamps
  if (!decoder.decode(bytes, start, end)) return column.invalid
  writer.writeTimestamptz(decoder.microsOfDay, decoder.days)
  if (column.isPartitionKey) out.timestampMs = epochMs(decoder.days, decoder.microsOfDay)
  return undefined
}
