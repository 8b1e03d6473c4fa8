import { describe, expect, it } from 'vitest'
import { daysSince2000, TimestampDecoder } from './timestamp.js'

const decoder = new TimestampDecoder()

/** Microseconds since 2000-01-01, or undefined where the text is refused. Surrounded by digits, which must not count. */
function decode(text: string, by = decoder): bigint | undefined {
  const bytes = Buffer.from(`9${text}9`)
  if (!by.decode(bytes, 1, bytes.length - 1)) return undefined
  expect(by.microsOfDay).toBeGreaterThanOrEqual(0)
  expect(by.microsOfDay).toBeLessThan(86_400_000_000)
  return BigInt(by.days) * 86_400_000_000n + BigInt(by.microsOfDay)
}

/** The same by Date, which knows milliseconds. */
function byDate(isoText: string, micros = 0): bigint {
  return (BigInt(Date.parse(isoText)) - BigInt(Date.UTC(2000, 0, 1))) * 1000n + BigInt(micros)
}

describe('TimestampDecoder', () => {
  it.each([
    ['2024-01-15T10:23:45.123Z', '2024-01-15T10:23:45.123Z', 0],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00Z', 0],
    ['1999-12-31T23:59:59.999999Z', '1999-12-31T23:59:59.999Z', 999],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 0],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999Z', 999],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', 0],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z', 0],
    ['1900-02-28T00:00:00Z', '1900-02-28T00:00:00Z', 0],
    ['2024-01-15T10:23:45.1Z', '2024-01-15T10:23:45.100Z', 0],
    ['2024-01-15T10:23:45.1234567Z', '2024-01-15T10:23:45.123Z', 456],
    ['2024-01-15T10:23:45.123456999Z', '2024-01-15T10:23:45.123Z', 456],
    ['2024-01-15T10:23:60Z', '2024-01-15T10:24:00Z', 0],
    ['2016-12-31T23:59:60.5Z', '2017-01-01T00:00:00.500Z', 0],
    ['2024-01-15T10:23:45+01:00', '2024-01-15T09:23:45Z', 0],
    ['2024-01-15T10:23:45-0530', '2024-01-15T15:53:45Z', 0],
    ['2024-01-15T10:23:45+09', '2024-01-15T01:23:45Z', 0],
    ['2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00Z', 0],
    ['2024-12-31T23:30:00-01:00', '2025-01-01T00:30:00Z', 0],
    ['2024-01-15T10:23:45.123456789+23:59', '2024-01-14T10:24:45.123Z', 456],
  ])('reads %s', (text, isoText, micros) => {
    expect(decode(text)).toBe(byDate(isoText, micros))
  })

  it.each([
    ['no zone', '2024-01-15T10:23:45.123'],
    ['nothing', ''],
    ['a date only', '2024-01-15'],
    ['month 0', '2024-00-15T10:23:45Z'],
    ['month 13', '2024-13-15T10:23:45Z'],
    ['day 0', '2024-01-00T10:23:45Z'],
    ['day 32', '2024-01-32T10:23:45Z'],
    ['31 April', '2024-04-31T10:23:45Z'],
    ['29 February of a common year', '2023-02-29T10:23:45Z'],
    ['29 February 1900', '1900-02-29T10:23:45Z'],
    ['year 0', '0000-12-31T23:59:59Z'],
    ['hour 24', '2024-01-15T24:00:00Z'],
    ['minute 60', '2024-01-15T10:60:00Z'],
    ['second 61', '2024-01-15T10:23:61Z'],
    ['a space for the T', '2024-01-15 10:23:45Z'],
    ['a point for the first colon', '2024-01-15T10.23:45Z'],
    ['a point for the second colon', '2024-01-15T10:23.45Z'],
    ['a slash in the date', '2024/01-15T10:23:45Z'],
    ['another slash in the date', '2024-01/15T10:23:45Z'],
    ['a lower-case z', '2024-01-15T10:23:45z'],
    ['no digit after the point', '2024-01-15T10:23:45.Z'],
    ['ten digits after the point', '2024-01-15T10:23:45.1234567890Z'],
    ['a sign in a number', '2024-01-15T10:23:-5Z'],
    ['something after the Z', '2024-01-15T10:23:45Z '],
    ['a long tail', `2024-01-15T10:23:45.${'1'.repeat(1000)}Z`],
    ['offset hour 24', '2024-01-15T10:23:45+24:00'],
    ['offset minute 60', '2024-01-15T10:23:45+01:60'],
    ['half an offset', '2024-01-15T10:23:45+1:00'],
    ['a sign alone', '2024-01-15T10:23:45+'],
    ['an offset cut off', '2024-01-15T10:23:45+01:'],
    ['an instant before year 1', '0001-01-01T00:00:00+00:01'],
    ['an instant after year 9999', '9999-12-31T23:59:60Z'],
    ['an instant after year 9999 by its offset', '9999-12-31T23:59:59-00:01'],
  ])('refuses %s', (_, text) => {
    expect(decode(text)).toBeUndefined()
  })

  it('agrees with Date on every day of 0001 to 9999', () => {
    const first = Date.parse('0001-01-01T00:00:00Z') / 86_400_000
    const offset = Date.UTC(2000, 0, 1) / 86_400_000
    for (let day = first; day <= 2_932_896; day++) {
      const date = new Date(day * 86_400_000)
      const days = daysSince2000(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
      if (days !== day - offset) throw new Error(`${date.toISOString()}: ${days}`)
    }
  })

  it('is not confused by what it saw before: a fresh decoder says the same', () => {
    const dates = [
      '2024-02-28',
      '2024-02-29',
      '2024-02-30',
      '2023-02-29',
      '2000-01-01',
      '\0\0\0\0\0\0\0\0\0\0',
      '9999-99-99',
    ]
    for (let i = 0; i < 200; i++) {
      const text = `${dates[(i * 5 + (i % 3)) % dates.length]}T10:23:45Z`
      expect(decode(text)).toBe(decode(text, new TimestampDecoder()))
    }
  })

  it('reads nothing after the end', () => {
    const text = Buffer.from('2024-01-15T10:23:45.123456+01:00')
    for (let end = 0; end < text.length; end++) {
      const cut = Buffer.from(text.subarray(0, end))
      expect(decoder.decode(text, 0, end)).toBe(decoder.decode(cut, 0, end))
    }
  })
})
