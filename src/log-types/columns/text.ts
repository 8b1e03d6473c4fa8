import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedColumn } from './encoded-column.js'

/** Writes the bytes as they are: that they are UTF-8 without NUL is checked for the whole line, or batch, before. */
export function encodeText(
  column: EncodedColumn,
  bytes: Buffer,
  start: number,
  end: number,
  writer: CopyWriter,
): Refusal | undefined {
  if (end - start > column.maximum) return column.outside
  writer.writeBytes(bytes, start, end)
  return undefined
}
