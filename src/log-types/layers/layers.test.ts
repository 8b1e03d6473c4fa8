import { describe, expect, it } from 'vitest'
import {
  declarationProblems,
  declaredType,
  envelopeTime,
  rowOf,
  sshdDeclaration,
  sshdHead,
  textColumn,
} from '../../../load/test/layered-type.js'
import { createTableSql, logsViewSql } from '../tables/ddl.js'

const usual = {
  timestamp: '2024-01-15T10:23:45.000000Z',
  host: 'web1',
  severity: 'info',
  facility: 'authpriv',
  method: null,
  login: null,
  ip: null,
  extra: null,
}

describe('envelope and alternatives', () => {
  const type = declaredType(sshdDeclaration)

  it('take off the envelope, and the first alternative that fits', () => {
    expect(rowOf(type, `${sshdHead}Failed password for a from b from 192.0.2.1`)).toEqual({
      ...usual,
      event: 'failed',
      method: 'password',
      login: 'a from b',
      ip: '192.0.2.1',
    })
    expect(rowOf(type, `${sshdHead}Closed by 192.0.2.1`)).toEqual({
      ...usual,
      event: 'closed',
      ip: '192.0.2.1',
    })
  })

  it('set a header aside that one of them knows', () => {
    const of = [
      { event: 'tsv', kind: 'delimited', delimiter: '|', fields: ['timestamp', 'login'], header: '#fields' },
      { event: 'json', kind: 'json' },
    ]
    const both = declaredType({
      format: { kind: 'alternatives', of },
      detect: ['{token}'],
      columns: [{ ...envelopeTime, from: 'timestamp' }, textColumn('login')],
    })
    expect(rowOf(both, '#fields|timestamp|login')).toMatch(/^header_line/)
    expect(rowOf(both, '#fields|timestamp|user')).toMatch(/^header_changed/)
    const expected = { timestamp: '2024-01-15T10:23:45.000000Z', login: 'a', extra: null }
    expect(rowOf(both, '2024-01-15T10:23:45Z|a')).toEqual(expected)
    expect(rowOf(both, '{"timestamp":"2024-01-15T10:23:45Z","login":"a"}')).toEqual(expected)
  })

  it('leave nothing of an alternative that did not fit', () => {
    expect(rowOf(type, `${sshdHead}Failed x for=y`)).toBe('no_match: expected one of the 3 alternatives')
    expect(rowOf(type, `${sshdHead}a=1 user=u x=2`)).toEqual({
      ...usual,
      event: 'pairs',
      login: 'u',
      extra: '{"a":"1","x":"2"}',
    })
    expect(rowOf(type, `${sshdHead}a=1 a=2`)).toMatch(/^no_match/)
  })

  it('let no sender name what is in the envelope', () => {
    expect(rowOf(type, `${sshdHead}@host=evil @event=x @severity=emerg`)).toEqual({
      ...usual,
      event: 'pairs',
      extra: '{"@host":"evil","@event":"x","@severity":"emerg"}',
    })
  })

  it('set the header of any of them aside as a header', () => {
    const csv = (event: string, ...fields: string[]) => {
      return { event, kind: 'delimited', delimiter: ',', fields, header: fields.join() }
    }
    const files = declaredType({
      detect: ['time,', '2'],
      format: {
        kind: 'alternatives',
        of: [csv('short', 'time', 'a'), csv('long', 'time', 'a', 'b')],
      },
      columns: [{ ...envelopeTime, from: 'time' }, textColumn('a'), textColumn('b')],
    })
    expect(rowOf(files, 'time,a')).toMatch(/^header_line/)
    expect(rowOf(files, 'time,a,b')).toMatch(/^header_line/)
    expect(rowOf(files, 'time,a,c')).toMatch(/^header_changed/)
    expect(rowOf(files, '2024-01-15T10:23:45Z,x,y')).toMatchObject({ a: 'x', b: 'y' })
    expect(rowOf(files, '2024-01-15T10:23:45Z')).toMatch(/^no_match/)
  })

  it('refuse a line without the envelope', () => {
    expect(rowOf(type, 'Closed by 192.0.2.1')).toBe('no_match: expected a line of syslog')
  })
})

describe('docker', () => {
  const type = declaredType({
    envelope: 'docker',
    format: { kind: 'key-value', pairs: { separator: ' ', assign: '=' } },
    columns: [
      envelopeTime,
      textColumn('stream', '@stream'),
      textColumn('partial', '@partial'),
      { ...textColumn('whole', '@message'), maxBytes: 65536 },
      textColumn('a'),
    ],
  })
  const wrap = (log: string) => JSON.stringify({ log, stream: 'stdout', time: '2024-01-15T10:23:45Z' })
  const base = { timestamp: '2024-01-15T10:23:45.000000Z', stream: 'stdout' }

  it('gives fields of a message with and without escapes', () => {
    for (const value of ['1', '"q"', 'ä\t\\']) {
      const message = `a=${value} b=2`
      expect(rowOf(type, wrap(`${message}\n`))).toEqual({
        ...base,
        partial: 'false',
        whole: message,
        a: value,
        extra: '{"b":"2"}',
      })
    }
    expect(rowOf(type, wrap('a="'))).toMatchObject({ partial: 'true', a: '"' })
  })

  it('takes fields out of a message longer than the memory it begins with', () => {
    const long = `"${'x'.repeat(900)}`
    const pairs = Array.from({ length: 12 }, (_, index) => `k${index}=${long}`)
    expect(rowOf(type, wrap(`a=${long} ${pairs.join(' ')}\n`))).toMatchObject({ a: long })
  })

  it('refuses what is no text', () => {
    expect(rowOf(type, '{"log":"a=\\u0000"}')).toMatch(/^nul_byte/)
    expect(rowOf(type, '{"log":"a=\\ud800"}')).toMatch(/^invalid_utf8/)
    expect(rowOf(type, '{"log":"a=\\x"}')).toMatch(/^no_match/)
  })
})

describe("an envelope's time", () => {
  const typeIn = (envelope: string, more = {}) =>
    declaredType({
      envelope,
      format: { kind: 'dissect', pattern: '{a}' },
      columns: [{ ...envelopeTime, ...more }, textColumn('a')],
    })

  it('is taken as it is written there, without formats', () => {
    const year = new Date().getUTCFullYear() - 1
    for (const kind of ['syslog', 'rfc3164']) {
      const type = typeIn(kind)
      const time = (written: string) =>
        (rowOf(type, `${written} h app: x`) as Record<string, string>).timestamp
      expect(time('2024-01-15T10:23:45.5+01:00')).toBe('2024-01-15T09:23:45.500000Z')
      expect([`${year}-12-31T10:23:45.000000Z`, `${year + 1}-12-31T10:23:45.000000Z`]).toContain(
        time('Dec 31 10:23:45'),
      )
      expect(time('Jan  1 10:23:45.25')).toMatch(/-01-01T10:23:45.250000Z$/)
    }
    expect(rowOf(typeIn('cri'), '2024-01-15T10:23:45,5 stdout F x')).toMatchObject({
      timestamp: '2024-01-15T10:23:45.500000Z',
    })
  })

  it('is taken in no other formats than those of the column, where it has some', () => {
    const type = typeIn('syslog', { formats: ['iso8601'] })
    expect(rowOf(type, 'Jan  5 10:23:45 h app: x')).toMatch(/^bad_timestamp/)
  })
})

describe('extract', () => {
  const content = {
    envelope: 'docker',
    format: { kind: 'dissect', pattern: '{ip} {request} {status}' },
    extract: [{ from: 'request', kind: 'dissect', pattern: '{method}:{path}' }],
    columns: [envelopeTime, textColumn('ip'), textColumn('status'), textColumn('method'), textColumn('path')],
  }
  const wrap = (log: string) => JSON.stringify({ log, stream: 'stdout', time: '2024-01-15T10:23:45Z' })

  it('takes a field apart, in the line and in scratch memory', () => {
    const type = declaredType(content)
    for (const path of ['/x', '/"x']) {
      expect(rowOf(type, wrap(`1 GET:${path} 200`))).toMatchObject({
        ip: '1',
        status: '200',
        method: 'GET',
        path,
        extra: null,
      })
    }
  })

  it('keeps in extra what did not fit, unless a column has it, or it is required', () => {
    const line = wrap('1 "oops 200')
    expect(rowOf(declaredType(content), line)).toMatchObject({ method: null, extra: '{"request":"\\"oops"}' })
    const withColumn = { ...content, columns: [...content.columns, textColumn('request')] }
    expect(rowOf(declaredType(withColumn), line)).toMatchObject({ request: '"oops', extra: null })
    const required = { ...content, extract: [{ ...content.extract[0], required: true }] }
    expect(rowOf(declaredType(required), line)).toMatch(/^no_match/)
  })

  it('may try alternatives, and says which of them fitted', () => {
    const of = [
      { event: 'named', kind: 'pattern', pattern: '(?<method>[A-Z]+):(?<path>/.*)' },
      { event: 'plain', kind: 'dissect', pattern: 'to {path}' },
      { event: 'pairs', kind: 'key-value', pairs: { separator: ',', assign: '=' } },
    ]
    const type = declaredType({
      ...content,
      format: { kind: 'dissect', pattern: '{ip} <{request}> {status}' },
      extract: [{ from: 'request', kind: 'alternatives', of }],
      columns: [...content.columns, textColumn('event', '@event')],
    })
    const cases = [
      ['GET:/x', { event: 'named', method: 'GET', path: '/x', extra: null }],
      ['to "x', { event: 'plain', method: null, path: '"x', extra: null }],
      ['method=a,b=c', { event: 'pairs', method: 'a', path: null, extra: '{"b":"c"}' }],
      ['method=a,b', { event: null, method: null, path: null, extra: '{"request":"method=a,b"}' }],
    ] as const
    for (const [request, expected] of cases) {
      expect(rowOf(type, wrap(`1 <${request}> 200`))).toMatchObject({ ip: '1', status: '200', ...expected })
    }
  })

  it('tries alternatives in one place only', () => {
    const of = [{ event: 'a', kind: 'dissect', pattern: '{path}' }]
    const twice = {
      ...content,
      format: {
        kind: 'alternatives',
        of: [{ event: 'b', kind: 'dissect', pattern: '{ip} {request} {status}' }],
      },
      extract: [{ from: 'request', kind: 'alternatives', of }],
      columns: [envelopeTime, textColumn('ip'), textColumn('status'), textColumn('path')],
    }
    expect(declarationProblems(twice).join()).toMatch(
      /extract\[0\]\.kind: expected alternatives in one place of a type/,
    )
  })
})

describe('keepLine', () => {
  const type = declaredType({
    detect: ['x'],
    description: "What x's say",
    keepLine: true,
    format: { kind: 'dissect', pattern: 'x {timestamp} {a}' },
    columns: [{ ...envelopeTime, from: 'timestamp' }, textColumn('a')],
  })

  it('keeps the line in a column, which the view shows', () => {
    const line = `x 2024-01-15T10:23:45Z ${'y'.repeat(1000)}`
    expect(rowOf(type, line)).toMatchObject({ raw_line: line, extra: null })
    expect(createTableSql(type)).toContain('"raw_line" text')
    expect(createTableSql(type)).toContain(`IS 'What x''s say';`)
    expect(logsViewSql([type])).toContain('  t."raw_line",\n')
    expect(logsViewSql([type])).not.toContain(`'raw_line'`)
    expect(logsViewSql([declaredType(sshdDeclaration)])).toContain('  NULL::text,\n')
  })
})
