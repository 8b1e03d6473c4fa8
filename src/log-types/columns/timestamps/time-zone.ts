import { DAYS_1970_TO_2000, daysSince2000 } from '../timestamp.js'

const DAY_SECONDS = 86_400

interface Span {
  /** Epoch seconds from which on the offset holds. */
  readonly start: number
  readonly offset: number
}

/** Whether it is a zone of the IANA database, as this Node.js has it. */
export function isTimeZone(name: string): boolean {
  // Asking starts a library that takes tens of milliseconds.
  if (name === 'UTC') return true
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false
  try {
    offsetFormat(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function offsetFormat(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
}

/**
 * The offsets of a time zone. A year's are found out once, day by day and then to the second, and kept: whatever times
 * the lines have, there are not more than ten thousand years of them.
 */
export class TimeZone {
  private format: Intl.DateTimeFormat | undefined
  private readonly years = new Map<number, readonly Span[]>()
  /** The local times [from, to) that have this offset: in a log the next line is nearly always among them. */
  private from = 0
  private to = 0
  private offset = 0

  /** `name`: one that isTimeZone knows. */
  constructor(private readonly name: string) {}

  /**
   * Seconds east of UTC of a local time, given as its seconds since 1970-01-01 on the local clock. A time that comes
   * twice, when clocks are set back, is the first of the two. A time that does not come, when they are set forward, is
   * read with the offset from before. In both cases that is the earlier offset.
   */
  offsetOfLocal(localSeconds: number): number {
    if (localSeconds >= this.from && localSeconds < this.to) return this.offset
    // No offset is a day or more: the time is in this year or in the next.
    const year = new Date((localSeconds - DAY_SECONDS) * 1000).getUTCFullYear()
    const spans = [...this.spansOf(year), ...this.spansOf(year + 1)]
    let before = spans[0]!.offset
    for (const [index, { start, offset }] of spans.entries()) {
      const end = spans[index + 1]?.start ?? yearStart(year + 2)
      const seconds = localSeconds - offset
      if (seconds < end) {
        if (seconds < start) return before
        this.from = index === 0 ? start + DAY_SECONDS : start + Math.max(offset, before)
        this.to = end + offset
        this.offset = offset
        return offset
      }
      before = offset
    }
    return before
  }

  private spansOf(year: number): readonly Span[] {
    const known = this.years.get(year)
    if (known !== undefined) return known
    const start = yearStart(year)
    const end = yearStart(year + 1)
    let offset = this.offsetAt(start)
    const spans: Span[] = [{ start, offset }]
    for (let day = start; day < end; day += DAY_SECONDS) {
      const last = Math.min(day + DAY_SECONDS, end) - 1
      let at = day
      for (let then = this.offsetAt(last); then !== offset; ) {
        at = this.firstOther(at, last, offset)
        offset = this.offsetAt(at)
        spans.push({ start: at, offset })
      }
    }
    this.years.set(year, spans)
    return spans
  }

  /** The first second after `from`, up to `to`, with another offset; `to` has one. */
  private firstOther(from: number, to: number, offset: number): number {
    let low = from
    let high = to
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.offsetAt(middle) === offset) low = middle
      else high = middle
    }
    return this.offsetAt(low) === offset ? high : low
  }

  private offsetAt(seconds: number): number {
    this.format ??= offsetFormat(this.name)
    const text = this.format.format(seconds * 1000)
    const [, sign, hours, minutes, rest] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? []
    const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0)
    return sign === '-' ? -offset : offset
  }
}

function yearStart(year: number): number {
  return (daysSince2000(year, 1, 1) + DAYS_1970_TO_2000) * DAY_SECONDS
}
