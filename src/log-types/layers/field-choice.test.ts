import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { describeProblem } from '../declaration/declaration-error.js'
import { readDeclaration } from '../declaration/read-declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { parseLine } from '../parse-line.js'

const TIME = { name: 'timestamp', from: '@timestamp', type: 'timestamptz', required: true }
const HOST = { name: 'host', from: ['/host/name', 'host', 'hostname'], type: 'text' }
const detect = ['{{']

function declare(content: Record<string, unknown>) {
  return readDeclaration('t.yaml', stringify({ name: 't', version: 1, table: 't_logs', detect, ...content }))
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

/** Values that are not NULL, without the time. */
function row(type: DeclaredLogType, line: string): Record<string, string | null> | string {
  const parsed = parseLine(type, line)
  if ('refusal' in parsed) return parsed.refusal.reason
  return Object.fromEntries([...parsed.row].filter(([name, value]) => name !== 'timestamp' && value !== null))
}

describe('a column with several fields', () => {
  const json = typeOf({ format: { kind: 'json' }, columns: [TIME, HOST] })
  const of = (members: string) => row(json, `{"@timestamp":"2024-01-15T10:23:45Z"${members}}`)

  it('takes the first that the line has, in declared order', () => {
    expect(of(',"hostname":"c"')).toEqual({ host: 'c' })
    expect(of(',"host":"b"')).toEqual({ host: 'b' })
    expect(of(',"hostname":"c","host":null')).toEqual({ host: 'c' })
    expect(of(',"hostname":"c","host":""')).toEqual({ host: 'c' })
    expect(of(',"hostname":"\\u0063"')).toEqual({ host: 'c' })
    expect(of('')).toEqual({})
  })

  it('keeps the others as they stand', () => {
    expect(of(',"host":"b","hostname":"c"')).toEqual({ host: 'b', extra: '{"hostname":"c"}' })
    expect(of(',"host":"b","hostname":7')).toEqual({ host: 'b', extra: '{"hostname":7}' })
    expect(of(',"host":"b","hostname": {"a":[1]}')).toEqual({ host: 'b', extra: '{"hostname":{"a":[1]}}' })
    expect(of(',"host":"b","hostname":"{\\"a\\":\\u0022"')).toEqual({
      host: 'b',
      extra: '{"hostname":"{\\"a\\":\\""}',
    })
    expect(of(',"host":{"name":"a","id":1}')).toEqual({ host: 'a', extra: '{"host":{"name":"a","id":1}}' })
  })

  it('keeps them as text where the format is not JSON', () => {
    const logfmt = typeOf({
      detect: ['{key}='],
      format: { kind: 'logfmt' },
      columns: [
        { ...TIME, from: ['time', 'ts'] },
        { ...HOST, from: ['host', '/h'] },
      ],
    })
    expect(row(logfmt, 'time=2024-01-15T10:23:45Z /h="{1" host=b')).toEqual({
      host: 'b',
      extra: '{"/h":"{1"}',
    })
    expect(row(logfmt, 'ts=2024-01-15T10:23:45Z /h=[]')).toEqual({ host: '[]' })
    expect(row(logfmt, 'host=b')).toBe('missing_field')
  })

  it('keeps an escaped line in an envelope as text', () => {
    const docker = typeOf({
      envelope: 'docker',
      format: { kind: 'json' },
      columns: [TIME, { name: 'a', from: ['b', 'c'], type: 'text' }],
    })
    const log = JSON.stringify('{"b":"x","c":[2]}\n')
    expect(row(docker, `{"log":${log},"stream":"stdout","time":"2024-01-15T10:23:45Z"}`)).toEqual({
      a: 'x',
      extra: '{"c":"[2]"}',
    })
  })

  it('is made of fields that extract finds', () => {
    const type = typeOf({
      format: { kind: 'json' },
      extract: [
        { from: 'one', kind: 'pattern', pattern: '-|%{IP:one_ip}' },
        { from: 'two', kind: 'pattern', pattern: '-|%{IP:two_ip}' },
      ],
      columns: [TIME, { name: 'ip', from: ['one_ip', 'two_ip'], type: 'inet' }],
    })
    const ip = (members: string) => row(type, `{"@timestamp":"2024-01-15T10:23:45Z"${members}}`)
    expect(ip(',"two":"192.0.2.2"')).toEqual({ ip: '192.0.2.2' })
    expect(ip(',"one":"-","two":"-"')).toEqual({})
    expect(ip(',"one":"192.0.2.1","two":"192.0.2.2"')).toEqual({
      ip: '192.0.2.1',
      extra: '{"two_ip":"192.0.2.2"}',
    })
  })

  it('has no line put together again, and no short way', () => {
    const type = typeOf({
      detect: ['{token}|'],
      format: { kind: 'key-value', head: '{time}|', pairs: { separator: '|', assign: '=' } },
      columns: [
        { ...TIME, from: 'time' },
        { name: 'a', from: ['b', 'c'], type: 'text' },
      ],
    })
    expect(type.layout).toBeUndefined()
    expect(row(type, '2024-01-15T10:23:45Z|c=1')).toEqual({ a: '1' })
  })

  it('has each field once, and 2 to 8 of them', () => {
    const column = (from: unknown) => ({
      format: { kind: 'json' },
      columns: [TIME, HOST, { name: 'a', from, type: 'text' }],
    })
    expect(problems(column(['x', 'host']))).toEqual([expect.stringContaining('"host" again')])
    expect(problems(column(['x', 'x']))).toEqual([expect.stringContaining('"x" again')])
    expect(problems(column(['x']))).toEqual([expect.stringContaining('a list of 2 to 8 field names')])
    const placeholders = { format: { kind: 'dissect', pattern: '{@timestamp} {x}' } }
    expect(
      problems({ ...column(['x', 'y']), ...placeholders, columns: [TIME, column(['x', 'y']).columns[2]] }),
    ).toEqual([expect.stringMatching(/from\[1\].*"y"/)])
  })
})
