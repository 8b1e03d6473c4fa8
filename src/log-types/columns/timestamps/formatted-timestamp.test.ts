import { describe, expect, it } from 'vitest'
import { declareColumn, valueEncoder } from '../../../../load/test/encode-value.js'
import { TemplateError } from '../../formats/template.js'
import { ColumnContext } from '../column-context.js'
import { createColumn } from '../create-column.js'
import { checkTimeFormat } from './formatted-timestamp.js'

const BAD = 'refused: bad_timestamp'

function decoder(formats: readonly string[], zone?: string, fileTime?: string) {
  const context = new ColumnContext(undefined, zone)
  if (fileTime !== undefined) context.fileTimeMs = Date.parse(fileTime)
  return valueEncoder({ type: 'timestamptz', formats }, context)
}

describe('iso8601', () => {
  it.each([
    ['2024-01-15T10:23:45.123Z', '2024-01-15T10:23:45.123000Z'],
    ['2024-01-15 10:23:45,123456789', '2024-01-15T09:23:45.123456Z'],
    ['2024-07-15t10:23:45', '2024-07-15T08:23:45.000000Z'],
    ['2024-01-15 10:23:45+0530', '2024-01-15T04:53:45.000000Z'],
    ['2024-01-15T10:23:45-08', '2024-01-15T18:23:45.000000Z'],
    ['2024-01-15T10:23:60z', '2024-01-15T10:24:00.000000Z'],
    ['2024-01-15T10:23:45+24:00', BAD],
    ['2024-01-15T10:23:45+01:', BAD],
    ['2024-01-15T10:23:45+01:60', BAD],
    ['2024-01-15T10:23:45.', BAD],
    ['2024-01-15T10:23:45.1234567890', BAD],
    ['2024-01-15T24:00:00', BAD],
    ['2023-02-29T10:23:45', BAD],
    ['2024-01-15  10:23:45', BAD],
    ['2024-01-15T10:23:45 Z', BAD],
    ['0000-01-01T00:00:00Z', BAD],
    ['0001-01-01T00:00:00', BAD],
    ['9999-12-31T23:59:60Z', BAD],
    ['2024-01-15', BAD],
  ])('%s in Berlin is %s', (text, expected) => {
    expect(decoder(['iso8601'], 'Europe/Berlin')(text)).toBe(expected)
  })
  it('is what a time can be where the type has a zone, and needs an offset where it has none', () => {
    const local = '2024-01-15 10:23:45'
    const zone = new ColumnContext(undefined, 'America/New_York')
    expect(valueEncoder({ type: 'timestamptz' }, zone)(local)).toBe('2024-01-15T15:23:45.000000Z')
    expect(valueEncoder({ type: 'timestamptz' })(local)).toBe(BAD)
    expect(decoder(['iso8601'])(local)).toBe('2024-01-15T10:23:45.000000Z')
    const { invalid } = createColumn(declareColumn({ type: 'timestamptz' }), false, zone)
    expect(invalid.detail).toBe('value: expected a time in one of the formats')
  })
})

describe('epoch', () => {
  it.each([
    ['epoch-s', '1705314225', '2024-01-15T10:23:45.000000Z'],
    ['epoch-s', '1705314225.123456789', '2024-01-15T10:23:45.123456Z'],
    ['epoch-s', '0', '1970-01-01T00:00:00.000000Z'],
    ['epoch-s', '-0.5', '1969-12-31T23:59:59.500000Z'],
    ['epoch-s', '-62135596800', '0001-01-01T00:00:00.000000Z'],
    ['epoch-s', '-62135596801', BAD],
    ['epoch-s', '253402300799.999999', '9999-12-31T23:59:59.999999Z'],
    ['epoch-s', '253402300800', BAD],
    ['%s', '2147483647', '2038-01-19T03:14:07.000000Z'],
    ['%s.%f', '2147483647.5', '2038-01-19T03:14:07.500000Z'],
    ['epoch-s', '1705314225.', BAD],
    ['epoch-s', '.5', BAD],
    ['epoch-s', '1.7e9', BAD],
    ['epoch-s', '+1', BAD],
    ['epoch-s', '9'.repeat(5000), BAD],
    ['epoch-ms', '1705314225123', '2024-01-15T10:23:45.123000Z'],
    ['epoch-ms', '5', '1970-01-01T00:00:00.005000Z'],
    ['epoch-ms', '-1', '1969-12-31T23:59:59.999000Z'],
    ['epoch-ms', '1705314225123.5', BAD],
    ['epoch-us', '1705314225123456', '2024-01-15T10:23:45.123456Z'],
    ['epoch-ns', '1705314225123456999', '2024-01-15T10:23:45.123456Z'],
    ['epoch-ns', '1', '1970-01-01T00:00:00.000000Z'],
    ['epoch-ns', '123456', '1970-01-01T00:00:00.000123Z'],
  ])('%s: %s is %s', (format, text, expected) => {
    expect(decoder([format])(text)).toBe(expected)
  })
})

describe('patterns', () => {
  it.each([
    ['%d/%b/%Y:%H:%M:%S %z', '15/Jan/2024:10:23:45 +0100', '2024-01-15T09:23:45.000000Z'],
    ['%a %b %d %H:%M:%S.%f %Y', 'Mon Jan 15 10:23:45.123456 2024', '2024-01-15T10:23:45.123456Z'],
    ['%a %b %d %H:%M:%S.%f %Y', 'Mno Jan 15 10:23:45.123456 2024', BAD],
    ['%Y%m%d%H%M%S', '20240115102345', '2024-01-15T10:23:45.000000Z'],
    ['%y/%m/%d %H:%M', '68/01/15 10:23', '2068-01-15T10:23:00.000000Z'],
    ['%y/%m/%d %H:%M', '69/01/15 10:23', '1969-01-15T10:23:00.000000Z'],
    ['%m/%d/%Y %I:%M:%S %p', '01/15/2024 12:00:00 AM', '2024-01-15T00:00:00.000000Z'],
    ['%m/%d/%Y %I:%M:%S %p', '01/15/2024 12:00:00 pm', '2024-01-15T12:00:00.000000Z'],
    ['%p %I %Y-%m-%d', 'PM 11 2024-01-15', '2024-01-15T23:00:00.000000Z'],
    ['%m/%d/%Y %I:%M:%S %p', '01/15/2024 13:00:00 PM', BAD],
    ['%m/%d/%Y %I:%M:%S %p', '01/15/2024 00:00:00 AM', BAD],
    ['%Y %j', '2024 366', '2024-12-31T00:00:00.000000Z'],
    ['%Y %j', '2023 366', BAD],
    ['%Y %j', '2023 000', BAD],
    ['%Y-%m-%d', '2024-01-15', '2024-01-15T00:00:00.000000Z'],
    ['%Y-%m-%d %H:%M:%S %Z', '2024-07-15 10:23:45 UTC', '2024-07-15T10:23:45.000000Z'],
    ['%Y-%m-%d %H:%M:%S %Z', '2024-07-15 10:23:45 CET', BAD],
    ['%s.%f', '1705314225.5', '2024-01-15T10:23:45.500000Z'],
    ['100%% %Y-%m-%d', '100% 2024-01-15', '2024-01-15T00:00:00.000000Z'],
    ['%Y-%m-%d', '2024-1-15', BAD],
    ['%Y-%m-%d', '2024-01-15 ', BAD],
    ['%Y-%m-%d', '2024-13-15', BAD],
  ])('%s: %s is %s', (format, text, expected) => {
    expect(decoder([format])(text)).toBe(expected)
  })

  it('are tried in order', () => {
    const decode = decoder(['%d.%m.%Y', '%m.%d.%Y', 'epoch-s'])
    expect(decode('02.01.2024')).toBe('2024-01-02T00:00:00.000000Z')
    expect(decode('01.31.2024')).toBe('2024-01-31T00:00:00.000000Z')
    expect(decode('1705314225')).toBe('2024-01-15T10:23:45.000000Z')
    expect(decode('x')).toBe(BAD)
  })

  it.each([
    ['%Q', /one of %Y/],
    ['%', /one of %Y/],
    ['iso', /%m or %b/],
    ['%H:%M', /%m or %b/],
    ['%j', /%j with %Y/],
    ['%Y %j %d', /%j with %Y/],
    ['%d %m %m', /every part of a time once/],
    ['%d %e %m', /every part of a time once/],
    ['%z %Z %d %m', /every part of a time once/],
    ['%s %Y', /nothing but %f/],
    ['%d %m %I', /%I and %p together/],
    ['%d %m %H %p', /%I and %p together/],
    ['%d %m %M', /no minutes without hours/],
    ['%d %m %H:%M.%f', /no minutes without hours/],
    ['%d %m %H:%M:%S.%f%Y', /literal text after %f/],
    ['%d/%m\u00a0%Y', /printable ASCII/],
  ])('%s is refused', (format, expected) => {
    const check = () => checkTimeFormat(format)
    expect(check).toThrow(TemplateError)
    expect(check).toThrow(expected)
  })
})

describe('a time without a year', () => {
  const pattern = ['%b %e %H:%M:%S']
  it.each([
    ['2024-01-03T00:00:00Z', 'Dec 31 23:59:59', '2023-12-31T23:59:59.000000Z'],
    ['2024-01-03T00:00:00Z', 'Jan  2 10:00:00', '2024-01-02T10:00:00.000000Z'],
    // A day ahead is a clock that differs; more is last year.
    ['2024-01-03T00:00:00Z', 'Jan  4 00:00:00', '2024-01-04T00:00:00.000000Z'],
    ['2024-01-03T00:00:00Z', 'Jan  4 00:00:01', '2023-01-04T00:00:01.000000Z'],
    ['2024-12-31T23:30:00Z', 'Jan  1 00:00:10', '2025-01-01T00:00:10.000000Z'],
    ['2023-06-01T00:00:00Z', 'Feb 29 10:00:00', '2020-02-29T10:00:00.000000Z'],
    ['1903-06-01T00:00:00Z', 'Feb 29 10:00:00', '1896-02-29T10:00:00.000000Z'],
    ['2023-06-01T00:00:00Z', 'Feb 30 10:00:00', BAD],
    ['2023-06-01T00:00:00Z', 'jan 15 10:00:00', '2023-01-15T10:00:00.000000Z'],
    ['2023-06-01T00:00:00Z', 'Jan 5 10:00:00', '2023-01-05T10:00:00.000000Z'],
    ['2023-06-01T00:00:00Z', 'Jan   5 10:00:00', BAD],
    ['2023-06-01T00:00:00Z', 'Jan  15 10:00:00', BAD],
  ])('in a file of %s, %s is %s', (fileTime, text, expected) => {
    expect(decoder(pattern, undefined, fileTime)(text)).toBe(expected)
  })
  it('has the new year of its zone', () => {
    const decode = decoder(pattern, 'Pacific/Kiritimati', '2023-12-30T12:00:00Z')
    expect(decode('Jan  1 01:00:00')).toBe('2023-12-31T11:00:00.000000Z')
  })
  it('is counted from now where the time of the file is not known', () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString()
    const text = `${yesterday.slice(5, 10)} 10:00:00`
    expect(decoder(['%m-%d %H:%M:%S'])(text)).toBe(`${yesterday.slice(0, 10)}T10:00:00.000000Z`)
  })
})
