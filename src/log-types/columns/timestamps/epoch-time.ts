import { digitsEnd, fixedDigits, fractionMicros } from '../../bytes/digits.js'
import { DAYS_1970_TO_2000, FIRST_DAY, LAST_DAY } from '../timestamp.js'
import type { TimeReader } from './time-reader.js'

const MINUS = 0x2d
const POINT = 0x2e
const DAY_SECONDS = 86_400
/** The last second of year 9999 has 12 digits. */
const MAX_SECOND_DIGITS = 12

/**
 * A time as the number of its seconds (`unitDigits` 0, with an optional point and up to nine digits), milliseconds (3),
 * microseconds (6) or nanoseconds (9) since 1970, to the microsecond; further digits are cut off. Exact: only seconds
 * are ever a number.
 */
export class EpochTime implements TimeReader {
  days = 0
  microsOfDay = 0

  constructor(private readonly unitDigits: number) {}

  decode(bytes: Buffer, start: number, end: number): boolean {
    const isNegative = bytes[start] === MINUS
    const first = isNegative ? start + 1 : start
    const digitsStop = digitsEnd(bytes, first, end)
    const split = Math.max(first, digitsStop - this.unitDigits)
    if (digitsStop === first || split - first > MAX_SECOND_DIGITS) return false
    let seconds = fixedDigits(bytes, first, split, split - first)
    let micros = 0
    if (digitsStop < end) {
      if (this.unitDigits > 0 || bytes[digitsStop] !== POINT) return false
      const fraction = digitsStop + 1
      if (fraction === end || end > fraction + 9 || digitsEnd(bytes, fraction, end) !== end) return false
      micros = fractionMicros(bytes, fraction, end)
    } else if (this.unitDigits > 0) {
      // Fewer digits than the unit has: 5 milliseconds are 0.005 seconds.
      micros = Math.floor(
        fractionMicros(bytes, split, digitsStop) / 10 ** Math.max(0, this.unitDigits - (digitsStop - split)),
      )
    }
    if (isNegative) {
      seconds = micros > 0 ? -seconds - 1 : -seconds
      micros = micros > 0 ? 1_000_000 - micros : 0
    }
    const days = Math.floor(seconds / DAY_SECONDS)
    this.days = days - DAYS_1970_TO_2000
    this.microsOfDay = (seconds - days * DAY_SECONDS) * 1_000_000 + micros
    return this.days >= FIRST_DAY && this.days <= LAST_DAY
  }
}
