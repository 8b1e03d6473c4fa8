/** Days from 0000-03-01 to 2000-01-01 in the proleptic Gregorian calendar. */
const DAYS_TO_2000 = 730_425
const DAY_MICROS = 86_400_000_000
/** 2000-01-01 in days since 1970-01-01. */
export const DAYS_1970_TO_2000 = 10_957

/** Days from 2000-01-01 to a date that exists; counts years from March, so that the leap day comes last. */
export function daysSince2000(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return shifted * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 1 - DAYS_TO_2000
}

/** Epoch milliseconds of a time as PostgreSQL counts; what is smaller is cut off. */
export function epochMs(daysSince2000: number, microsOfDay: number): number {
  return (daysSince2000 + DAYS_1970_TO_2000) * 86_400_000 + Math.floor(microsOfDay / 1000)
}

export const FIRST_DAY = daysSince2000(1, 1, 1)
export const LAST_DAY = daysSince2000(9999, 12, 31)
const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && leap ? 29 : (MONTH_DAYS[month] ?? 0)
}

/** The four or two bytes at `at` as one number, for comparing. */
function word4(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
function word2(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

/** Two digits as a number; above 99 when they are not digits. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 255
}

const DASH = 0x2d
const PLUS = 0x2b
const COLON = 0x3a
const POINT = 0x2e
const LETTER_T = 0x54
const LETTER_Z = 0x5a

/**
 * Reads YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH[[:]MM]), UTC years 0001 to 9999, to the microsecond (further digits are cut
 * off). Second 60 is the first second of the next minute. One instance keeps the last date it has seen: in a log the
 * next line has nearly always the same.
 */
export class TimestampDecoder {
  /** Whole days since 2000-01-01 UTC, set by a decode that returned true. */
  days = 0
  microsOfDay = 0
  /** The date of the cache as YYYY, -MM- and DD, and its days. */
  private cachedYear = word4(Buffer.from('2000'), 0)
  private cachedMonth = word4(Buffer.from('-01-'), 0)
  private cachedDay = word2(Buffer.from('01'), 0)
  private cachedDays = 0

  /** False when [start, end) is not such a timestamp. */
  decode(bytes: Buffer, start: number, end: number): boolean {
    // From the seconds with a Z to nine digits of fraction with ±HH:MM.
    if (end - start < 20 || end - start > 35) return false
    if (!this.decodeDate(bytes, start)) return false
    const hour = twoDigits(bytes, start + 11)
    const minute = twoDigits(bytes, start + 14)
    const second = twoDigits(bytes, start + 17)
    if (hour > 23 || minute > 59 || second > 60) return false
    if (bytes[start + 10] !== LETTER_T || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON)
      return false

    let at = start + 19
    let micros = 0
    if (bytes[at] === POINT) {
      const fractionStart = ++at
      let scale = 100_000
      for (; at < end; at++) {
        const digit = bytes[at]! - 48
        if (digit < 0 || digit > 9) break
        if (scale >= 1) micros += digit * scale
        scale /= 10
      }
      if (at === fractionStart || at > fractionStart + 9) return false
    }

    let offsetSeconds = 0
    if (at >= end) return false
    if (bytes[at] !== LETTER_Z) {
      offsetSeconds = decodeOffset(bytes, at, end)
      if (offsetSeconds === NO_OFFSET) return false
    } else if (at + 1 !== end) return false

    let days = this.cachedDays
    let microsOfDay = (hour * 3600 + minute * 60 + second - offsetSeconds) * 1_000_000 + micros
    if (microsOfDay < 0) {
      microsOfDay += DAY_MICROS
      days--
    } else if (microsOfDay >= DAY_MICROS) {
      microsOfDay -= DAY_MICROS
      days++
    }
    if (days < FIRST_DAY || days > LAST_DAY) return false
    this.days = days
    this.microsOfDay = microsOfDay
    return true
  }

  /** Makes the ten bytes from `start` on the cached date, if they are one. */
  private decodeDate(bytes: Buffer, start: number): boolean {
    const yearWord = word4(bytes, start)
    const monthWord = word4(bytes, start + 4)
    const dayWord = word2(bytes, start + 8)
    if (dayWord === this.cachedDay && monthWord === this.cachedMonth && yearWord === this.cachedYear)
      return true
    const century = twoDigits(bytes, start)
    const yearOfCentury = twoDigits(bytes, start + 2)
    if (century > 99 || yearOfCentury > 99 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH)
      return false
    const year = century * 100 + yearOfCentury
    const month = twoDigits(bytes, start + 5)
    const day = twoDigits(bytes, start + 8)
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false
    this.cachedYear = yearWord
    this.cachedMonth = monthWord
    this.cachedDay = dayWord
    this.cachedDays = daysSince2000(year, month, day)
    return true
  }
}

const NO_OFFSET = 0x7fff_ffff

/** Seconds east of UTC of ±HH, ±HHMM or ±HH:MM. */
function decodeOffset(bytes: Buffer, at: number, end: number): number {
  const sign = bytes[at]
  if (sign !== PLUS && sign !== DASH) return NO_OFFSET
  const length = end - at
  if (length !== 3 && length !== 5 && length !== 6) return NO_OFFSET
  if (length === 6 && bytes[at + 3] !== COLON) return NO_OFFSET
  const hours = twoDigits(bytes, at + 1)
  const minutes = length === 3 ? 0 : twoDigits(bytes, end - 2)
  if (hours > 23 || minutes > 59) return NO_OFFSET
  const seconds = hours * 3600 + minutes * 60
  return sign === DASH ? -seconds : seconds
}
