import { describe, expect, it } from 'vitest'
import { declarationSchema } from '../declaration/declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { refusalReasons } from '../line/refusal.js'
import { loadLogTypes } from '../registry.js'
import { checkSample, type Mismatch } from './check-sample.js'
import { checkSamples } from './check-samples.js'
import { loadSamples } from './load-samples.js'
import type { Expectation } from './sample.js'

const directory = new URL('../../../config/log-types', import.meta.url).pathname
const registry = await loadLogTypes(directory)
const firewall = registry.byName('firewall')!

const good = '2024-01-15T10:23:45Z|action=accept|src=2001:db8::1|dst=192.0.2.2|proto=TCP'
const record = {
  timestamp: '2024-01-15T11:23:45+01:00',
  action: 'accept',
  src_ip: '2001:DB8:0::1',
  dst_ip: '192.0.2.2',
  protocol: 'TCP',
}

function row(columns: Record<string, string>, extra: Record<string, string> = {}): Expectation {
  return { kind: 'row', record: new Map(Object.entries(columns)), extra: new Map(Object.entries(extra)) }
}

function check(line: string, expectation: Expectation): Mismatch | undefined {
  return checkSample(registry, firewall, { fileLine: 1, line: Buffer.from(line), expectation })
}

describe('a row', () => {
  it('passes however addresses and times are written', () => {
    expect(check(good, row(record))).toBeUndefined()
  })

  it('passes with a carriage return at the end of the line', () => {
    expect(check(`${good}\r`, row(record))).toBeUndefined()
  })

  it('differs in a column, in a column that should be NULL, and in extra', () => {
    expect(check(`${good}|rule=a|zone=z`, row({ ...record, action: 'deny', dst_port: '53' }))).toEqual({
      expected: 'action "deny", dst_port "53", rule NULL, extra NULL',
      got: 'action "accept", dst_port NULL, rule "a", extra {"zone": "z"}',
    })
  })

  it('compares extra without regard to order', () => {
    expect(check(`${good}|a=1|__proto__=2`, row(record, { ['__proto__']: '2', a: '1' }))).toBeUndefined()
  })

  it('never equals a value that its column could not hold', () => {
    expect(check(good, row({ ...record, src_ip: 'localhost' }))?.expected).toBe('src_ip "localhost"')
  })

  it('is missed when the line is refused', () => {
    expect(check(`${good}|src_port=x`, row(record))).toMatchObject({
      expected: 'a row',
      got: expect.stringContaining('refused: bad_integer (src_port: '),
    })
  })
})

describe('values of types that can be written in several ways', () => {
  const value = (type: string) => ({ name: 'v', from: 'v', type })
  it.each([
    [value('jsonb'), '{"b":[1,null],"a":"x"}', '{ "a": "x", "b": [1, null] }', true],
    [value('jsonb'), '{"b":1}', '{"b":2}', false],
    [value('double'), '1e3', '1000.0', true],
    [value('uuid'), 'a0eebc999c0b4ef8bb6d6bb9bd380a11', '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', true],
    [value('cidr'), '2001:db8::/32', '2001:0db8::/32', true],
    [value('text[]'), '["a",null]', '[ "a", null ]', true],
    [value('text[]'), '["a"]', '["b"]', false],
    [value('boolean'), 'yes', 'true', true],
  ])('%j: %s and %s', (column, text, expected, same) => {
    const timestamp = { name: 'timestamp', type: 'timestamptz', required: true }
    const format = { kind: 'dissect', pattern: '{timestamp}|{v}' }
    const type = new DeclaredLogType(
      declarationSchema.parse({
        ...{ name: 'odd', version: 1, table: 'odd', detect: ['2'], format },
        columns: [timestamp, column],
      }),
    )
    const odd = { types: [type], byName: () => type, classify: () => 0 }
    const line = Buffer.from(`2024-01-15T10:23:45Z|${text}`)
    const expectation = row({ timestamp: '2024-01-15T10:23:45Z', v: expected })
    const mismatch = checkSample(odd, type, { fileLine: 1, line, expectation })
    expect(mismatch === undefined).toBe(same)
  })
})

describe('undeclared fields', () => {
  const timestamp = { name: 'timestamp', type: 'timestamptz', required: true }
  const type = new DeclaredLogType(
    declarationSchema.parse({
      ...{ name: 'odd', version: 1, table: 'odd', detect: ['{{'], format: { kind: 'json' } },
      columns: [timestamp],
    }),
  )
  const odd = { types: [type], byName: () => type, classify: () => 0 }
  it.each([
    ['7', '7', true],
    ['"7"', '7', true],
    ['7', '8', false],
    ['{"b":[1],"a":null}', '{ "a": null, "b": [1] }', true],
    ['{"a":1}', '{"a":"1"}', false],
    ['{"a":1}', 'no JSON', false],
    ['null', 'null', true],
  ])('%s and %s', (json, expected, same) => {
    const line = Buffer.from(`{"timestamp":"2024-01-15T10:23:45Z","x":${json}}`)
    const record = new Map([['timestamp', '2024-01-15T10:23:45Z']])
    const expectation = { kind: 'row' as const, record, extra: new Map([['x', expected]]) }
    expect(checkSample(odd, type, { fileLine: 1, line, expectation }) === undefined).toBe(same)
  })
})

describe('a refusal', () => {
  it('passes with its reason only', () => {
    expect(check(`${good}|src_port=x`, { kind: 'refused', reason: 'bad_integer' })).toBeUndefined()
    expect(check(`${good}|src_port=x`, { kind: 'refused', reason: 'no_match' })?.expected).toBe(
      'refused: no_match',
    )
    expect(check(good, { kind: 'refused', reason: 'no_match' })?.got).toBe('a row')
  })

  it('is of lines that the type recognises', () => {
    const expectation = { kind: 'refused', reason: 'no_match' } as const
    expect(check('2024-01-15T10:23:45Z client x', expectation)?.got).toBe('recognised as dns')
    expect(check('hello', expectation)?.got).toBe('recognised by no type')
    expect(check('\r', expectation)?.got).toBe('recognised by no type')
  })
})

it('tells lines of a type from others', () => {
  expect(check('2024-01-15T10:23:45Z client x', { kind: 'unclaimed' })).toBeUndefined()
  expect(check('', { kind: 'unclaimed' })).toBeUndefined()
  expect(check(good, { kind: 'unclaimed' })).toEqual({
    expected: 'not recognised as firewall',
    got: 'recognised as firewall',
  })
})

describe('the samples of the shipped types', async () => {
  const reports = checkSamples(registry, await loadSamples(directory, registry))

  it.each(reports.map((report) => [report.logType, report] as const))('%s: all pass', (_, report) => {
    expect(report.failures).toEqual([])
    expect(report.samples).toBeGreaterThan(10)
  })

  it('show every reason for which one of their lines can be refused', async () => {
    // No shipped type has the columns or formats that give these: their own tests show them.
    const ofOthers = /^(bad_(number|boolean|uuid|mac|network|value|json)|header_(line|changed))$/
    const samples = (await loadSamples(directory, registry)).flatMap((type) => type.samples ?? [])
    const shown = samples.map(({ expectation }) => 'reason' in expectation && expectation.reason)
    const missing = refusalReasons.filter((reason) => !shown.includes(reason) && !ofOthers.test(reason))
    expect(missing).toEqual([])
  })
})
