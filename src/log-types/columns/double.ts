import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedColumn } from './encoded-column.js'
import type { ValueEncoder } from './value-encoder.js'

const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const LOWER_E = 0x65
/** More digits than the smallest double has after its point, written out. */
const MAX_LENGTH = 1100
/** Up to here an integer and a power of ten are exact doubles, so that one division or product rounds correctly. */
const MAX_EXACT_DIGITS = 15
const MAX_EXACT_POWER = 22
const powers = Array.from({ length: MAX_EXACT_POWER + 1 }, (_, exponent) => Number(`1e${exponent}`))

/**
 * Writes a float8 from a decimal number such as -1.5, .5, 2. or 6e-7: the double that is nearest. Infinity and NaN are
 * refused, since one of them spoils every sum; so is what is too large, or too small and not 0.
 */
export class DoubleEncoder implements ValueEncoder {
  constructor(private readonly column: EncodedColumn) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const { column } = this
    if (end - start > MAX_LENGTH) return column.invalid
    let at = start
    const isNegative = bytes[at] === MINUS
    if (isNegative || bytes[at] === PLUS) at++
    /** The digits without the point, as long as they are exact; digits from the first that is not 0 on. */
    let mantissa = 0
    let digits = 0
    let hasDigits = false
    let scale = 0
    let hasPoint = false
    for (; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit >= 0 && digit <= 9) {
        hasDigits = true
        if (digits > 0 || digit > 0) digits++
        if (digits <= MAX_EXACT_DIGITS) mantissa = mantissa * 10 + digit
        if (hasPoint) scale++
      } else if (bytes[at] === POINT && !hasPoint) hasPoint = true
      else break
    }
    if (!hasDigits) return column.invalid
    let exponent = 0
    if (at < end) {
      if ((bytes[at]! | 0x20) !== LOWER_E) return column.invalid
      at++
      const isSmall = bytes[at] === MINUS
      if (at < end && (isSmall || bytes[at] === PLUS)) at++
      if (at === end) return column.invalid
      for (; at < end; at++) {
        const digit = bytes[at]! - 48
        if (digit < 0 || digit > 9) return column.invalid
        exponent = Math.min(100_000, exponent * 10 + digit)
      }
      if (isSmall) exponent = -exponent
    }
    const power = exponent - scale
    let value: number
    if (digits <= MAX_EXACT_DIGITS && power >= -MAX_EXACT_POWER && power <= MAX_EXACT_POWER) {
      value = power < 0 ? mantissa / powers[-power]! : mantissa * powers[power]!
      if (isNegative) value = -value
    } else value = Number(bytes.toString('latin1', start, end))
    if (!Number.isFinite(value) || (value === 0 && digits > 0)) return column.outside
    if (value < column.minimum || value > column.maximum) return column.outside
    writer.writeDouble(value)
    return undefined
  }
}
