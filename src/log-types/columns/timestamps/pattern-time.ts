import { digitsEnd, fixedDigits, fractionMicros } from '../../bytes/digits.js'
import type { ColumnContext } from '../column-context.js'
import { DAYS_1970_TO_2000, daysInMonth, daysSince2000, FIRST_DAY, LAST_DAY } from '../timestamp.js'
import * as step from './time-pattern.js'
import type { TimeReader } from './time-reader.js'
import type { TimeZone } from './time-zone.js'

const DAY_SECONDS = 86_400
const DAY_MICROS = 86_400_000_000
const MINUS = 0x2d
const PLUS = 0x2b
const COLON = 0x3a
const SPACE = 0x20
/** No time and no offset is so far away. */
const UNKNOWN = Number.POSITIVE_INFINITY
/** A 29 February may be eight years ago, as in 1904 after 1896. */
const YEARS_BACK = 8

/** Three letters as one number, whatever their case. */
function letters(text: string): number {
  return (text.charCodeAt(0) << 16) | (text.charCodeAt(1) << 8) | text.charCodeAt(2)
}
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ').map(letters)
const weekdays = 'sun mon tue wed thu fri sat'.split(' ').map(letters)

/**
 * A time by a program of time-pattern.ts. Times without an offset are of `zone`. A time without a year has the year
 * that makes it the latest that is not later than a day after the file: a December in a file of January is last year's.
 */
export class PatternTime implements TimeReader {
  days = 0
  microsOfDay = 0
  /** Of the time in work; -1: not there. */
  private year = -1
  private month = 0
  private day = 0
  private dayOfYear = -1
  private hour = 0
  private minute = 0
  private second = 0
  private micros = 0
  private epochSeconds = UNKNOWN
  private offset = UNKNOWN

  constructor(
    private readonly program: step.TimeProgram,
    private readonly zone: TimeZone,
    private readonly context: ColumnContext,
  ) {}

  decode(bytes: Buffer, start: number, end: number): boolean {
    this.year = -1
    this.dayOfYear = -1
    this.hour = 0
    this.minute = 0
    this.second = 0
    this.micros = 0
    this.epochSeconds = UNKNOWN
    this.offset = UNKNOWN
    const { program } = this
    let at = start
    for (let i = 0; i < program.length; i += 2) {
      at = this.take(program[i]!, program[i + 1]!, bytes, at, end)
      if (at < 0) return false
    }
    if (at !== end) return false
    if (this.epochSeconds !== UNKNOWN) return this.keep(0, this.epochSeconds)
    if (this.hour > 23 || this.minute > 59 || this.second > 60) return false
    return this.year >= 0 ? this.keepDate(this.year) : this.findYear()
  }

  /** Returns where the step ends, or -1. */
  private take(kind: number, byte: number, bytes: Buffer, at: number, end: number): number {
    switch (kind) {
      case step.LITERAL:
        return at < end && bytes[at] === byte ? at + 1 : -1
      case step.YEAR:
        this.year = fixedDigits(bytes, at, end, 4)
        return this.year < 0 ? -1 : at + 4
      case step.YEAR_OF_CENTURY: {
        const year = fixedDigits(bytes, at, end, 2)
        this.year = year < 69 ? 2000 + year : 1900 + year
        return year < 0 ? -1 : at + 2
      }
      case step.MONTH:
        this.month = fixedDigits(bytes, at, end, 2)
        return this.month < 0 ? -1 : at + 2
      case step.MONTH_NAME:
        this.month = findName(months, bytes, at, end) + 1
        return this.month < 1 ? -1 : at + 3
      case step.WEEKDAY_NAME:
        return findName(weekdays, bytes, at, end) < 0 ? -1 : at + 3
      case step.DAY:
        this.day = fixedDigits(bytes, at, end, 2)
        return this.day < 0 ? -1 : at + 2
      case step.DAY_PADDED: {
        const first = at < end && bytes[at] === SPACE ? at + 1 : at
        const stop = Math.min(digitsEnd(bytes, first, end), first === at ? at + 2 : first + 1)
        this.day = fixedDigits(bytes, first, stop, stop - first)
        return stop === first ? -1 : stop
      }
      case step.DAY_OF_YEAR:
        this.dayOfYear = fixedDigits(bytes, at, end, 3)
        return this.dayOfYear < 0 ? -1 : at + 3
      case step.HOUR:
        this.hour += fixedDigits(bytes, at, end, 2)
        return this.hour < 0 ? -1 : at + 2
      case step.HOUR_OF_12: {
        const hour = fixedDigits(bytes, at, end, 2)
        // %p may have come first.
        this.hour += hour % 12
        return hour < 1 || hour > 12 ? -1 : at + 2
      }
      case step.HALF_OF_DAY: {
        const letter = at + 2 <= end && (bytes[at + 1]! | 0x20) === 0x6d ? bytes[at]! | 0x20 : 0
        if (letter === 0x70) this.hour += 12
        return letter === 0x61 || letter === 0x70 ? at + 2 : -1
      }
      case step.MINUTE:
        this.minute = fixedDigits(bytes, at, end, 2)
        return this.minute < 0 ? -1 : at + 2
      case step.SECOND:
        this.second = fixedDigits(bytes, at, end, 2)
        return this.second < 0 ? -1 : at + 2
      case step.FRACTION:
        return this.takeFraction(bytes, at, end)
      case step.ANY_FRACTION:
        return at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)
          ? this.takeFraction(bytes, at + 1, end)
          : at
      case step.OFFSET:
        return this.takeOffset(bytes, at, end)
      case step.ANY_OFFSET:
        return at === end ? at : this.takeOffset(bytes, at, end)
      case step.ZONE_NAME: {
        const name = at + 3 <= end ? bytes.toString('latin1', at, at + 3) : ''
        this.offset = 0
        return name === 'UTC' || name === 'GMT' ? at + 3 : -1
      }
      case step.EPOCH_SECONDS: {
        const first = at < end && bytes[at] === MINUS ? at + 1 : at
        const stop = digitsEnd(bytes, first, end)
        if (stop === first || stop - first > 12) return -1
        const seconds = fixedDigits(bytes, first, stop, stop - first)
        this.epochSeconds = first > at ? -seconds : seconds
        return stop
      }
      default: {
        // DATE_END
        const mark = at < end ? bytes[at]! : 0
        return mark === SPACE || (mark | 0x20) === 0x74 ? at + 1 : -1
      }
    }
  }

  private takeFraction(bytes: Buffer, at: number, end: number): number {
    const stop = digitsEnd(bytes, at, end)
    if (stop === at || stop > at + 9) return -1
    this.micros = fractionMicros(bytes, at, stop)
    return stop
  }

  /** Z, ±HH, ±HHMM or ±HH:MM. */
  private takeOffset(bytes: Buffer, at: number, end: number): number {
    const sign = at < end ? bytes[at]! : 0
    if ((sign | 0x20) === 0x7a) {
      this.offset = 0
      return at + 1
    }
    const hours = sign === PLUS || sign === MINUS ? fixedDigits(bytes, at + 1, end, 2) : -1
    if (hours < 0 || hours > 23) return -1
    let stop = at + 3
    const hasColon = stop < end && bytes[stop] === COLON
    let minutes = fixedDigits(bytes, hasColon ? stop + 1 : stop, end, 2)
    if (minutes > 59 || (hasColon && minutes < 0)) return -1
    if (minutes < 0) minutes = 0
    else stop += hasColon ? 3 : 2
    const seconds = hours * 3600 + minutes * 60
    this.offset = sign === MINUS ? -seconds : seconds
    return stop
  }

  private findYear(): boolean {
    const { fileTimeMs } = this.context
    const limitMs = (Number.isNaN(fileTimeMs) ? Date.now() : fileTimeMs) + DAY_SECONDS * 1000
    // East of Greenwich the new year may have begun already.
    const last = new Date(limitMs).getUTCFullYear() + 1
    for (let year = last; year >= last - YEARS_BACK - 1; year--) {
      // Its month begins more than a day later, and so it does in every zone: not worth asking for the offset.
      const monthStart = daysSince2000(year, this.month, 1) + DAYS_1970_TO_2000
      if ((monthStart - 1) * DAY_SECONDS * 1000 > limitMs || !this.keepDate(year)) continue
      const millis = (this.days + DAYS_1970_TO_2000) * DAY_SECONDS * 1000 + this.microsOfDay / 1000
      if (millis <= limitMs) return true
    }
    return false
  }

  /** Makes it the time of that year; false when that year has no such day. */
  private keepDate(year: number): boolean {
    const { month, day, dayOfYear } = this
    if (year < 1 || year > 9999) return false
    let days: number
    if (dayOfYear >= 0) {
      if (dayOfYear < 1 || dayOfYear > 337 + daysInMonth(year, 2)) return false
      days = daysSince2000(year, 1, 1) + dayOfYear - 1
    } else {
      if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false
      days = daysSince2000(year, month, day)
    }
    const seconds = this.hour * 3600 + this.minute * 60 + this.second
    const local = (days + DAYS_1970_TO_2000) * DAY_SECONDS + seconds
    return this.keep(days, seconds - (this.offset === UNKNOWN ? this.zone.offsetOfLocal(local) : this.offset))
  }

  /** `seconds` after the beginning of a day of 2000-01-01 on; or, for epoch seconds, of 1970-01-01. */
  private keep(days: number, seconds: number): boolean {
    const wholeDays = Math.floor(seconds / DAY_SECONDS)
    const total = days + wholeDays - (this.epochSeconds === UNKNOWN ? 0 : DAYS_1970_TO_2000)
    this.microsOfDay = (seconds - wholeDays * DAY_SECONDS) * 1_000_000 + this.micros
    this.days = total
    return total >= FIRST_DAY && total <= LAST_DAY && this.microsOfDay < DAY_MICROS
  }
}

function findName(names: readonly number[], bytes: Buffer, at: number, end: number): number {
  if (at + 3 > end) return -1
  return names.indexOf(((bytes[at]! | 0x20) << 16) | ((bytes[at + 1]! | 0x20) << 8) | bytes[at + 2]! | 0x20)
}
