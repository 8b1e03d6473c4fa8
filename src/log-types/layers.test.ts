import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CopyWriter } from '../postgres/copy-writer.js'
import { createTableSql, logsViewSql } from './ddl.js'
import { describeProblem } from './declaration-error.js'
import { DeclaredLogType } from './declared-log-type.js'
import { Classifier } from './detection/classifier.js'
import { LineSource } from './line-source.js'
import { parseLine } from './parse-line.js'
import { readDeclaration } from './read-declaration.js'

const TIME = { name: 'timestamp', from: '@timestamp', type: 'timestamptz', required: true }
const text = (name: string, from = name) => ({ name, from, type: 'text' })

function declare(content: Record<string, unknown>) {
  return readDeclaration('t.yaml', stringify({ name: 't', version: 1, table: 't_logs', ...content }))
}

function typeOf(content: Record<string, unknown>): DeclaredLogType {
  const result = declare(content)
  if ('problems' in result) throw new Error(result.problems.map(describeProblem).join('\n'))
  return new DeclaredLogType(result.declaration)
}

function problems(content: Record<string, unknown>): string[] {
  const result = declare(content)
  return 'problems' in result ? result.problems.map(describeProblem) : []
}

function row(type: DeclaredLogType, line: string): Record<string, string | null> | string {
  const parsed = parseLine(type, line)
  return 'refusal' in parsed
    ? `${parsed.refusal.reason}: ${parsed.refusal.detail}`
    : Object.fromEntries(parsed.row)
}

const sshd = {
  envelope: { kind: 'syslog', app: ['sshd'] },
  format: {
    kind: 'alternatives',
    of: [
      { event: 'failed', kind: 'dissect', pattern: 'Failed {method} for {user*} from {ip}' },
      { event: 'closed', kind: 'dissect', pattern: 'Closed by {ip}' },
      { event: 'pairs', kind: 'key-value', pairs: { separator: ' ', assign: '=' } },
    ],
  },
  columns: [
    TIME,
    text('host', '@host'),
    text('severity', '@severity'),
    text('facility', '@facility'),
    text('event', '@event'),
    text('method'),
    text('login', 'user'),
    { name: 'ip', type: 'inet' },
  ],
}
const HEAD = '<86>1 2024-01-15T10:23:45Z web1 sshd 7 - - '
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
  const type = typeOf(sshd)

  it('take off the envelope, and the first alternative that fits', () => {
    expect(row(type, `${HEAD}Failed password for a from b from 192.0.2.1`)).toEqual({
      ...usual,
      event: 'failed',
      method: 'password',
      login: 'a from b',
      ip: '192.0.2.1',
    })
    expect(row(type, `${HEAD}Closed by 192.0.2.1`)).toEqual({ ...usual, event: 'closed', ip: '192.0.2.1' })
  })

  it('set a header aside that one of them knows', () => {
    const of = [
      { event: 'tsv', kind: 'delimited', delimiter: '|', fields: ['timestamp', 'login'], header: '#fields' },
      { event: 'json', kind: 'json' },
    ]
    const both = typeOf({
      format: { kind: 'alternatives', of },
      detect: ['{token}'],
      columns: [{ ...TIME, from: 'timestamp' }, text('login')],
    })
    expect(row(both, '#fields|timestamp|login')).toMatch(/^header_line/)
    expect(row(both, '#fields|timestamp|user')).toMatch(/^header_changed/)
    const expected = { timestamp: '2024-01-15T10:23:45.000000Z', login: 'a', extra: null }
    expect(row(both, '2024-01-15T10:23:45Z|a')).toEqual(expected)
    expect(row(both, '{"timestamp":"2024-01-15T10:23:45Z","login":"a"}')).toEqual(expected)
  })

  it('leave nothing of an alternative that did not fit', () => {
    expect(row(type, `${HEAD}Failed x for=y`)).toBe('no_match: expected one of the 3 alternatives')
    expect(row(type, `${HEAD}a=1 user=u x=2`)).toEqual({
      ...usual,
      event: 'pairs',
      login: 'u',
      extra: '{"a":"1","x":"2"}',
    })
    expect(row(type, `${HEAD}a=1 a=2`)).toMatch(/^no_match/)
  })

  it('let no sender name what is in the envelope', () => {
    expect(row(type, `${HEAD}@host=evil @event=x @severity=emerg`)).toEqual({
      ...usual,
      event: 'pairs',
      extra: '{"@host":"evil","@event":"x","@severity":"emerg"}',
    })
  })

  it('set the header of any of them aside as a header', () => {
    const csv = (event: string, ...fields: string[]) => {
      return { event, kind: 'delimited', delimiter: ',', fields, header: fields.join() }
    }
    const files = typeOf({
      detect: ['time,', '2'],
      format: {
        kind: 'alternatives',
        of: [csv('short', 'time', 'a'), csv('long', 'time', 'a', 'b')],
      },
      columns: [{ ...TIME, from: 'time' }, text('a'), text('b')],
    })
    expect(row(files, 'time,a')).toMatch(/^header_line/)
    expect(row(files, 'time,a,b')).toMatch(/^header_line/)
    expect(row(files, 'time,a,c')).toMatch(/^header_changed/)
    expect(row(files, '2024-01-15T10:23:45Z,x,y')).toMatchObject({ a: 'x', b: 'y' })
    expect(row(files, '2024-01-15T10:23:45Z')).toMatch(/^no_match/)
  })

  it('refuse a line without the envelope', () => {
    expect(row(type, 'Closed by 192.0.2.1')).toBe('no_match: expected a line of syslog')
  })
})

describe('docker', () => {
  const type = typeOf({
    envelope: 'docker',
    format: { kind: 'key-value', pairs: { separator: ' ', assign: '=' } },
    columns: [
      TIME,
      text('stream', '@stream'),
      text('partial', '@partial'),
      { ...text('whole', '@message'), maxBytes: 65536 },
      text('a'),
    ],
  })
  const wrap = (log: string) => JSON.stringify({ log, stream: 'stdout', time: '2024-01-15T10:23:45Z' })
  const base = { timestamp: '2024-01-15T10:23:45.000000Z', stream: 'stdout' }

  it('gives fields of a message with and without escapes', () => {
    for (const value of ['1', '"q"', 'ä\t\\']) {
      const message = `a=${value} b=2`
      expect(row(type, wrap(`${message}\n`))).toEqual({
        ...base,
        partial: 'false',
        whole: message,
        a: value,
        extra: '{"b":"2"}',
      })
    }
    expect(row(type, wrap('a="'))).toMatchObject({ partial: 'true', a: '"' })
  })

  it('takes fields out of a message longer than the memory it begins with', () => {
    const long = `"${'x'.repeat(900)}`
    const pairs = Array.from({ length: 12 }, (_, index) => `k${index}=${long}`)
    expect(row(type, wrap(`a=${long} ${pairs.join(' ')}\n`))).toMatchObject({ a: long })
  })

  it('refuses what is no text', () => {
    expect(row(type, '{"log":"a=\\u0000"}')).toMatch(/^nul_byte/)
    expect(row(type, '{"log":"a=\\ud800"}')).toMatch(/^invalid_utf8/)
    expect(row(type, '{"log":"a=\\x"}')).toMatch(/^no_match/)
  })
})

describe("an envelope's time", () => {
  const typeIn = (envelope: string, more = {}) =>
    typeOf({
      envelope,
      format: { kind: 'dissect', pattern: '{a}' },
      columns: [{ ...TIME, ...more }, text('a')],
    })

  it('is taken as it is written there, without formats', () => {
    const year = new Date().getUTCFullYear() - 1
    for (const kind of ['syslog', 'rfc3164']) {
      const type = typeIn(kind)
      const time = (written: string) => (row(type, `${written} h app: x`) as Record<string, string>).timestamp
      expect(time('2024-01-15T10:23:45.5+01:00')).toBe('2024-01-15T09:23:45.500000Z')
      expect([`${year}-12-31T10:23:45.000000Z`, `${year + 1}-12-31T10:23:45.000000Z`]).toContain(
        time('Dec 31 10:23:45'),
      )
      expect(time('Jan  1 10:23:45.25')).toMatch(/-01-01T10:23:45.250000Z$/)
    }
    expect(row(typeIn('cri'), '2024-01-15T10:23:45,5 stdout F x')).toMatchObject({
      timestamp: '2024-01-15T10:23:45.500000Z',
    })
  })

  it('is taken in no other formats than those of the column, where it has some', () => {
    const type = typeIn('syslog', { formats: ['iso8601'] })
    expect(row(type, 'Jan  5 10:23:45 h app: x')).toMatch(/^bad_timestamp/)
  })
})

describe('extract', () => {
  const content = {
    envelope: 'docker',
    format: { kind: 'dissect', pattern: '{ip} {request} {status}' },
    extract: [{ from: 'request', kind: 'dissect', pattern: '{method}:{path}' }],
    columns: [TIME, text('ip'), text('status'), text('method'), text('path')],
  }
  const wrap = (log: string) => JSON.stringify({ log, stream: 'stdout', time: '2024-01-15T10:23:45Z' })

  it('takes a field apart, in the line and in scratch memory', () => {
    const type = typeOf(content)
    for (const path of ['/x', '/"x']) {
      expect(row(type, wrap(`1 GET:${path} 200`))).toMatchObject({
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
    expect(row(typeOf(content), line)).toMatchObject({ method: null, extra: '{"request":"\\"oops"}' })
    const withColumn = { ...content, columns: [...content.columns, text('request')] }
    expect(row(typeOf(withColumn), line)).toMatchObject({ request: '"oops', extra: null })
    const required = { ...content, extract: [{ ...content.extract[0], required: true }] }
    expect(row(typeOf(required), line)).toMatch(/^no_match/)
  })

  it('may try alternatives, and says which of them fitted', () => {
    const of = [
      { event: 'named', kind: 'pattern', pattern: '(?<method>[A-Z]+):(?<path>/.*)' },
      { event: 'plain', kind: 'dissect', pattern: 'to {path}' },
      { event: 'pairs', kind: 'key-value', pairs: { separator: ',', assign: '=' } },
    ]
    const type = typeOf({
      ...content,
      format: { kind: 'dissect', pattern: '{ip} <{request}> {status}' },
      extract: [{ from: 'request', kind: 'alternatives', of }],
      columns: [...content.columns, text('event', '@event')],
    })
    const cases = [
      ['GET:/x', { event: 'named', method: 'GET', path: '/x', extra: null }],
      ['to "x', { event: 'plain', method: null, path: '"x', extra: null }],
      ['method=a,b=c', { event: 'pairs', method: 'a', path: null, extra: '{"b":"c"}' }],
      ['method=a,b', { event: null, method: null, path: null, extra: '{"request":"method=a,b"}' }],
    ] as const
    for (const [request, expected] of cases) {
      expect(row(type, wrap(`1 <${request}> 200`))).toMatchObject({ ip: '1', status: '200', ...expected })
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
      columns: [TIME, text('ip'), text('status'), text('path')],
    }
    expect(problems(twice).join()).toMatch(/extract\[0\]\.kind: expected alternatives in one place of a type/)
  })
})

describe('keepLine', () => {
  const type = typeOf({
    detect: ['x'],
    description: "What x's say",
    keepLine: true,
    format: { kind: 'dissect', pattern: 'x {timestamp} {a}' },
    columns: [{ ...TIME, from: 'timestamp' }, text('a')],
  })

  it('keeps the line in a column, which the view shows', () => {
    const line = `x 2024-01-15T10:23:45Z ${'y'.repeat(1000)}`
    expect(row(type, line)).toMatchObject({ raw_line: line, extra: null })
    expect(createTableSql(type)).toContain('"raw_line" text')
    expect(createTableSql(type)).toContain(`IS 'What x''s say';`)
    expect(logsViewSql([type])).toContain('  t."raw_line",\n')
    expect(logsViewSql([type])).not.toContain(`'raw_line'`)
    expect(logsViewSql([typeOf(sshd)])).toContain('  NULL::text,\n')
  })
})

describe('hostile lines', () => {
  const docker = {
    ...sshd,
    envelope: 'docker',
    columns: [TIME, ...sshd.columns.slice(4)],
    extract: [{ from: 'rest', kind: 'dissect', pattern: '{a} {b}' }],
  }
  const content = { ...docker, columns: [...docker.columns, text('rest'), text('a'), text('b')] }
  const types = [typeOf(sshd), typeOf(content)]
  const seeds = [
    `${HEAD}Failed password for a from 192.0.2.1`,
    JSON.stringify({ log: 'Failed "x" for a from 192.0.2.1\n', time: '2024-01-15T10:23:45Z' }),
  ]

  it('take time in proportion to their length', () => {
    const fills = [
      ' ',
      ' for ',
      ' from ',
      '=',
      'a=',
      ' a=',
      '"',
      '\\',
      '\\u0041',
      '[',
      ']',
      '{',
      ':',
      '<',
      ',',
    ]
    for (const [index, seed] of seeds.entries()) {
      for (const fill of fills) {
        for (const at of [0, 5, seed.length >> 1, seed.length - 2, seed.length]) {
          const line = Buffer.from(
            seed.slice(0, at) + fill.repeat(Math.floor(65_000 / fill.length)) + seed.slice(at),
          )
          const { bytes, reads } = countReads(line)
          const writer = new CopyWriter()
          types[index]!.encodeLine(new LineSource(bytes, true), 0, line.length, writer, { timestampMs: 0 })
          // The envelope, each of three alternatives, a few bytes twice.
          expect(reads()).toBeLessThan(12 * line.length)
          const before = reads()
          new Classifier(types.map(({ detection }) => detection)).classify(bytes, 0, line.length)
          expect(reads() - before).toBeLessThan(4 * line.length)
        }
      }
    }
  })

  it('never make it throw, and nothing of the line before is left', () => {
    let state = 11
    const below = (most: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 4_294_967_296) * most)
    }
    const tokens = [' ', '"', '\\', '\\u00e4', '=', ' from ', '\0', '\xff', '{', '}', '<', '>']
    for (let round = 0; round < 10_000; round++) {
      const index = round % 2
      let line = seeds[index]!
      for (let change = below(4); change > 0; change--) {
        const at = below(line.length + 1)
        line = line.slice(0, at) + tokens[below(tokens.length)]! + line.slice(at + below(5))
      }
      const bytes = Buffer.from(line, 'latin1')
      const used = parseLine(types[index]!, bytes)
      if (round % 50 > 1) continue
      expect(used).toEqual(parseLine(typeOf(index === 0 ? sshd : content), bytes))
    }
  })
})

/** A line whose bytes count how often they are read. */
function countReads(line: Buffer): { bytes: Buffer; reads: () => number } {
  let reads = 0
  const bytes = new Proxy(line, {
    get(target, property) {
      if (typeof property === 'string' && property >= '0' && property <= '9~') reads++
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { bytes, reads: () => reads }
}

describe('declarations', () => {
  it.each([
    [{ detect: undefined, envelope: undefined }, /^t\.yaml: detect: expected a list of 1 to 16 templates/],
    [{ envelope: 'sylog' }, /envelope: expected one of syslog, .*; got "sylog"$/],
    [{ envelope: { kind: 'syslog', apps: ['x'] } }, /envelope\.apps: expected one of the keys kind, app/],
    [{ envelope: { kind: 'syslog', app: ['a b'] } }, /envelope\.app\[0\]: expected the name of a program/],
    [{ envelope: { kind: 'syslog', app: ['a', 'a'] } }, /envelope\.app: expected every name once/],
    [{ envelope: { kind: 'cri', app: ['a'] } }, /envelope\.app: expected no app/],
    [{ detect: [{}] }, /detect\[0\]: expected template, contains, or both; got neither$/],
    [{ detect: [{ contains: ['abc'] }] }, /detect\[0\]\.contains\[0\]: expected a text of 4 to 64 bytes/],
    [{ detect: [{ template: '{x}' }] }, /detect\[0\]: expected no placeholders but/],
    [{ timezone: 'Berlin' }, /timezone: expected a time zone of the IANA database/],
    [{ timezone: '+01:00' }, /timezone: expected/],
    [{ description: 'a\nb' }, /description: expected one line/],
    [{ keepLine: 'yes' }, /keepLine: expected true or false; got "yes"$/],
    [{ format: { kind: 'alternatives', of: [] } }, /format\.of: expected a list of 1 to 64/],
    [
      { format: { kind: 'alternatives', of: [{ kind: 'dissect', pattern: '{ip}' }] } },
      /format\.of\[0\]\.event: expected a name of/,
    ],
    [
      { format: { kind: 'alternatives', of: [{ event: 'a', kind: 'dissect', patern: '{ip}' }] } },
      /format\.of\[0\]\.pattern: expected a template.*\n.*format\.of\[0\]\.patern: expected one of the keys/,
    ],
    [
      { format: { kind: 'alternatives', of: [{ event: 'a', kind: 'dissect', pattern: '{nothing}' }] } },
      /format\.of\[0\]\.pattern: expected placeholders that are columns; got \{nothing\}$/,
    ],
    [{ extract: [{ kind: 'dissect', pattern: '{method}' }] }, /extract\[0\]\.from: expected a field name/],
    [
      { extract: [{ from: 'user', kind: 'dissect', pattern: '{ip}' }] },
      /extract\[0\]: expected fields that no format before has; got "ip"$/,
    ],
    [
      { format: { kind: 'dissect', pattern: '{ip}' } },
      /columns\[5\]\.from: expected a field that the line has: .*@host.*; got "method"$/m,
    ],
  ])('refuse %j', (changes, expected) => {
    expect(problems({ ...sshd, ...changes }).join('\n')).toMatch(new RegExp(expected.source, 'm'))
  })

  it('may leave detect out with an envelope', () => {
    expect(problems(sshd)).toEqual([])
    expect(problems({ ...sshd, timezone: 'Europe/Berlin', envelope: 'rfc5424' })).toEqual([])
  })
})
