import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedColumn } from './encoded-column.js'

const MINUS = 0x2d
const INT8_LIMIT = 9_223_372_036_854_775_808n

/** Writes an int4 or int8 from decimal digits with an optional minus. */
export function encodeInteger(
  column: EncodedColumn,
  bytes: Buffer,
  start: number,
  end: number,
  writer: CopyWriter,
): Refusal | undefined {
  const negative = bytes[start] === MINUS
  const digitsStart = negative ? start + 1 : start
  if (digitsStart >= end) return column.invalid
  let magnitude = 0
  for (let i = digitsStart; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return column.invalid
    // Loses digits above 2^53, but stays above it: only its size counts then.
    magnitude = magnitude * 10 + digit
  }
  const value = negative ? -magnitude : magnitude
  if (value < column.minimum || value > column.maximum) return column.outside
  if (column.wide) {
    if (magnitude > Number.MAX_SAFE_INTEGER)
      return encodeLarge(column, bytes, digitsStart, end, negative, writer)
    writer.writeInt8(value)
  } else writer.writeInt4(value)
  return undefined
}

/** Rare: beyond 2^53 a double is not exact. */
function encodeLarge(
  column: EncodedColumn,
  bytes: Buffer,
  digitsStart: number,
  end: number,
  negative: boolean,
  writer: CopyWriter,
): Refusal | undefined {
  let first = digitsStart
  while (bytes[first] === 48) first++
  // 2^63 has 19 digits.
  if (end - first > 19) return column.outside
  const magnitude = BigInt(bytes.toString('latin1', first, end))
  const value = negative ? -magnitude : magnitude
  if (value >= INT8_LIMIT || value < -INT8_LIMIT) return column.outside
  writer.writeBigint8(value)
  return undefined
}
