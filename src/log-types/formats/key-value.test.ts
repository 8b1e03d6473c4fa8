import { describe, expect, it } from 'vitest'
import { readDeclaration } from '../declaration/read-declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { parseLine } from '../parse-line.js'

const result = readDeclaration(
  'test.yaml',
  `
name: test
version: 1
table: test_logs
detect: ["{token}|{key}="]
format: { kind: key-value, head: "{timestamp}|", pairs: { separator: "|", assign: "=" } }
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: source, from: src, type: inet, required: true }
  - { name: src_port, type: integer, min: 0, max: 65535 }
  - { name: bytes, type: bigint }
  - { name: rule, type: text, maxBytes: 8 }
`,
)
if (!('declaration' in result)) throw new Error(JSON.stringify(result))
const type = new DeclaredLogType(result.declaration)
const HEAD = '2024-01-15T10:23:45.123Z|'

function row(line: string | Buffer): Record<string, string | null> {
  const parsed = parseLine(type, line)
  if ('refusal' in parsed) throw new Error(parsed.refusal.detail)
  return Object.fromEntries(parsed.row)
}

function refusal(pairs: string): string {
  const parsed = parseLine(type, HEAD + pairs)
  return 'refusal' in parsed ? `${parsed.refusal.reason}: ${parsed.refusal.detail}` : 'no refusal'
}

describe('key-value lines', () => {
  it('give the declared columns by name, whatever the order of the keys', () => {
    const expected = {
      timestamp: '2024-01-15T10:23:45.123000Z',
      source: '10.0.0.1',
      src_port: '80',
      bytes: '5',
      rule: 'r',
      extra: null,
    }
    const pairs = ['src=10.0.0.1', 'src_port=80', 'bytes=5', 'rule=r']
    for (let turn = 0; turn < pairs.length; turn++) {
      pairs.push(pairs.shift()!)
      expect(row(HEAD + pairs.join('|'))).toEqual(expected)
      expect(row(HEAD + pairs.toReversed().join('|'))).toEqual(expected)
    }
  })

  it('leave absent and empty optional fields NULL', () => {
    expect(row(`${HEAD}src=10.0.0.1|rule=`)).toMatchObject({ src_port: null, bytes: null, rule: null })
  })

  it('refuse an absent or empty required field', () => {
    expect(refusal('rule=r')).toBe('missing_field: source: expected a value')
    expect(refusal('src=|rule=r')).toBe('missing_field: source: expected a value')
  })

  it('refuse a field that comes twice, declared, in the head, or not declared', () => {
    expect(refusal('src=10.0.0.1|src=10.0.0.2')).toMatch(/^duplicate_field: src/)
    expect(refusal('rule=|src=10.0.0.1|rule=r')).toMatch(/^duplicate_field: rule/)
    expect(refusal('src=10.0.0.1|timestamp=2024')).toMatch(/^duplicate_field: timestamp/)
    expect(refusal('src=10.0.0.1|x=1|y=2|x=3')).toMatch(/^duplicate_field/)
  })

  it('keep what follows the first assign character as the value', () => {
    expect(row(`${HEAD}src=10.0.0.1|rule=a=b=`)).toMatchObject({ rule: 'a=b=' })
  })

  it.each(['', '|', 'src', 'src=10.0.0.1|', 'src=10.0.0.1||rule=r', 'src=10.0.0.1|=x', 'src=10.0.0.1|rule'])(
    'refuse pairs that are none: %j',
    (pairs) => expect(refusal(pairs)).toMatch(/^no_match/),
  )

  it('refuse a line without the head', () => {
    expect(parseLine(type, 'src=1')).toMatchObject({ refusal: { reason: 'no_match' } })
    expect(parseLine(type, '|src=10.0.0.1')).toMatchObject({ refusal: { reason: 'no_match' } })
  })

  it('name the column and never the content of a refused field', () => {
    expect(refusal('src=10.0.0.256')).toBe('bad_address: source: expected an IPv4 or IPv6 host address')
    expect(refusal('src=10.0.0.1|src_port=65536')).toBe('out_of_range: src_port: expected 0 to 65535')
    expect(refusal('src=10.0.0.1|rule=123456789')).toBe('too_long: rule: expected at most 8 bytes')
  })

  it('count the length of a text in bytes', () => {
    expect(row(`${HEAD}src=::1|rule=ääää`)).toMatchObject({ rule: 'ääää' })
    expect(refusal('src=::1|rule=äääää')).toMatch(/^too_long/)
  })
})

describe('integers', () => {
  it.each([
    ['src_port', '0', '0'],
    ['src_port', '-0', '0'],
    ['src_port', '0065535', '65535'],
    ['bytes', '9007199254740991', '9007199254740991'],
    ['bytes', '9007199254740993', '9007199254740993'],
    ['bytes', '9223372036854775807', '9223372036854775807'],
    ['bytes', '-9223372036854775808', '-9223372036854775808'],
    ['bytes', '00000000000000000000000000000007', '7'],
    ['bytes', '0000000009007199254740993', '9007199254740993'],
  ])('%s=%s is %s', (key, text, value) => {
    expect(row(`${HEAD}src=::1|${key}=${text}`)[key]).toBe(value)
  })

  it.each([
    ['src_port', '65536', 'out_of_range'],
    ['src_port', '-1', 'out_of_range'],
    ['src_port', '4294967297', 'out_of_range'],
    ['src_port', '9'.repeat(400), 'out_of_range'],
    ['bytes', '9223372036854775808', 'out_of_range'],
    ['bytes', '-9223372036854775809', 'out_of_range'],
    ['bytes', '9'.repeat(400), 'out_of_range'],
    ['bytes', '-', 'bad_integer'],
    ['bytes', '+1', 'bad_integer'],
    ['bytes', '1.0', 'bad_integer'],
    ['bytes', '1e3', 'bad_integer'],
    ['bytes', '0x10', 'bad_integer'],
    ['bytes', ' 1', 'bad_integer'],
    ['bytes', `${'9'.repeat(400)}x`, 'bad_integer'],
    ['bytes', '١', 'bad_integer'],
  ])('%s=%s is refused', (key, text, reason) => {
    expect(refusal(`src=::1|${key}=${text}`)).toMatch(new RegExp(`^${reason}: ${key}`))
  })
})

describe('undeclared fields', () => {
  function extra(pairs: string): unknown {
    const text = row(`${HEAD}src=::1|${pairs}`).extra
    return text === null || text === undefined ? text : JSON.parse(text)
  }

  it('become strings in extra, in the order of the line', () => {
    expect(row(`${HEAD}zone=dmz|src=::1|a=1|e=`).extra).toBe('{"zone":"dmz","a":"1","e":""}')
  })

  it('are valid JSON whatever their bytes are', () => {
    const value = `${Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join('')}"\\/\u007f\u2028ä😀`
    expect(extra(`k"\\\t=${value}`)).toEqual({ 'k"\\\t': value })
  })

  it('may be named like the properties of objects', () => {
    const text = row(`${HEAD}src=::1|__proto__=p|constructor=c|toString=t`).extra
    expect(text).toBe('{"__proto__":"p","constructor":"c","toString":"t"}')
    expect(refusal('src=::1|__proto__=p|__proto__=q')).toMatch(/^duplicate_field/)
  })

  it('are at most 64', () => {
    const pairs = Array.from({ length: 65 }, (_, index) => `k${index}=v`)
    expect(Object.keys(extra(pairs.slice(0, 64).join('|')) as object)).toHaveLength(64)
    expect(refusal(`src=::1|${pairs.join('|')}`)).toMatch(/^too_many_fields/)
  })

  it('are at most 16 KiB as JSON, escapes counted', () => {
    const overhead = '{"k":""}'.length
    expect(extra(`k=${'v'.repeat(16_384 - overhead)}`)).toEqual({ k: 'v'.repeat(16_384 - overhead) })
    expect(refusal(`src=::1|k=${'v'.repeat(16_385 - overhead)}`)).toMatch(/^too_many_fields/)
    expect(refusal(`src=::1|${'v'.repeat(16_384)}=1`)).toMatch(/^too_many_fields/)
    for (const [byte, length] of [
      ['"', 2],
      ['\\', 2],
      ['\u0001', 6],
    ] as const) {
      const most = Math.floor((16_384 - overhead) / length)
      expect(extra(`k=${byte.repeat(most)}`)).toEqual({ k: byte.repeat(most) })
      expect(refusal(`src=::1|k=${byte.repeat(most + 1)}`)).toMatch(/^too_many_fields/)
      expect(refusal(`src=::1|k=${byte.repeat(60_000)}`)).toMatch(/^too_many_fields/)
    }
  })

  it('of one line do not show in the next', () => {
    expect(row(`${HEAD}src=::1|x=1`).extra).toBe('{"x":"1"}')
    expect(row(`${HEAD}src=::1`).extra).toBeNull()
  })
})
