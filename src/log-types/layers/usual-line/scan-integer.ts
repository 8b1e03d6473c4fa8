import type { CopyWriter } from '../../../postgres/copy-writer.js'
import type { EncodedColumn } from '../../columns/encoded-column.js'

/** So many digits always fit an int4. */
const MAX_DIGITS = 9

/** Takes up to nine digits and writes an int4 or int8. Returns where it stopped, or -1; see usual-line.ts. */
export function scanInteger(
  column: EncodedColumn,
  bytes: Buffer,
  start: number,
  end: number,
  writer: CopyWriter,
): number {
  const limit = Math.min(end, start + MAX_DIGITS)
  let value = 0
  let at = start
  for (; at < limit; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) break
    value = (Math.imul(value, 10) + digit) | 0
  }
  if (at === start || value < column.minimum || value > column.maximum) return -1
  const { view, position } = writer
  if (column.wide) {
    view.setInt32(position, 8)
    view.setInt32(position + 4, 0)
    view.setInt32(position + 8, value)
    writer.position = position + 12
  } else {
    view.setInt32(position, 4)
    view.setInt32(position + 4, value)
    writer.position = position + 8
  }
  return at
}
