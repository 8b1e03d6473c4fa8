import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedColumn } from './encoded-column.js'
import type { ValueEncoder } from './value-encoder.js'

const MINUS = 0x2d

/** Writes an int2 from decimal digits with an optional minus. */
export class SmallintEncoder implements ValueEncoder {
  constructor(private readonly column: EncodedColumn) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const { column } = this
    const first = bytes[start] === MINUS ? start + 1 : start
    if (first === end) return column.invalid
    let magnitude = 0
    for (let i = first; i < end; i++) {
      const digit = bytes[i]! - 48
      if (digit < 0 || digit > 9) return column.invalid
      magnitude = magnitude * 10 + digit
    }
    const value = first > start ? -magnitude : magnitude
    if (value < column.minimum || value > column.maximum) return column.outside
    writer.writeInt2(value)
    return undefined
  }
}
