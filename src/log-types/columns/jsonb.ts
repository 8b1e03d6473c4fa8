import type { CopyWriter } from '../../postgres/copy-writer.js'
import { isValidJson } from '../formats/json-scanner.js'
import type { Refusal } from '../refusal.js'
import type { EncodedColumn } from './encoded-column.js'
import type { ValueEncoder } from './value-encoder.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** PostgreSQL keeps numbers of jsonb as numeric: far from its own bounds, and 1e131071 is printed in full. */
const MAX_NUMBER_BYTES = 1000
const MAX_EXPONENT = 1000

/** Writes jsonb from JSON text. */
export class JsonbEncoder implements ValueEncoder {
  constructor(private readonly column: EncodedColumn) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const { column } = this
    if (end - start > column.maximum) return column.outside
    if (!isValidJson(bytes, start, end) || hasHugeNumber(bytes, start, end)) return column.invalid
    writer.writeJsonb(bytes, start, end)
    return undefined
  }
}

/** Whether valid JSON has a number that is very long or whose exponent is very large. */
export function hasHugeNumber(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte === QUOTE) at = stringEnd(bytes, at)
    else if (byte >= 48 && byte <= 57) {
      const first = at
      let exponent = -1
      for (; at < end; at++) {
        const letter = bytes[at]! | 0x20
        if (letter === 0x65) exponent = 0
        else if (bytes[at]! >= 48 && bytes[at]! <= 57) {
          if (exponent >= 0) exponent = Math.min(MAX_EXPONENT + 1, exponent * 10 + bytes[at]! - 48)
        } else if (bytes[at] !== 0x2e && bytes[at] !== 0x2b && bytes[at] !== 0x2d) break
      }
      if (exponent > MAX_EXPONENT || at - first > MAX_NUMBER_BYTES) return true
    } else at++
  }
  return false
}

/** After the string of valid JSON that begins at `quote`. */
export function stringEnd(bytes: Buffer, quote: number): number {
  let at = quote + 1
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at + 1
}
