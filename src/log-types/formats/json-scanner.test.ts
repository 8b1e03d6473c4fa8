import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { createSplitter } from '../../../load/test/split-text.js'
import { HAS_LONE_SURROGATE, HAS_NUL, INVALID, isValidJson, JsonScanner, MAX_DEPTH } from './json-scanner.js'

const strings = [
  '',
  'a',
  '/',
  'ab~c',
  'é',
  '😀',
  '"',
  '\\',
  '\n\t\r\b\f',
  '\u007f',
  '\u2028',
  'x'.repeat(40),
  '{}',
  '__proto__',
]
const numbers = [
  '0',
  '-0',
  '1',
  '-17',
  '3.25',
  '1e5',
  '1E-7',
  '-0.5e+10',
  '9007199254740993',
  '123456789012345678901234567890',
]
const spaces = ['', '', '', ' ', '\t', '\n', '\r', '  ']

/** The text of a random value, in a random way of writing. */
function randomJson(below: (limit: number) => number, depth: number): string {
  const space = () => spaces[below(spaces.length)]!
  const text = () => {
    const value = JSON.stringify(strings[below(strings.length)])
    if (below(3) > 0) return value
    // The same with escapes for characters that need none.
    return value
      .replace(/[a-zé/]/g, (one) =>
        one === '/' ? '\\/' : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      .replace(/\\\\u[0-9a-f]{4}(?=[nrtbfu])/g, '\\\\')
  }
  const kind = below(depth > 0 ? 9 : 5)
  if (kind === 0) return text()
  if (kind === 1) return numbers[below(numbers.length)]!
  if (kind === 2) return 'true'
  if (kind === 3) return 'false'
  if (kind === 4) return 'null'
  const items = Array.from({ length: below(4) }, (_, index) => {
    const value = `${space()}${randomJson(below, depth - 1)}${space()}`
    return kind < 7
      ? value
      : `${space()}${JSON.stringify(`${index}${strings[below(strings.length)]}`)}${space()}:${value}`
  })
  return kind < 7 ? `[${items.join(',') || space()}]` : `{${items.join(',') || space()}}`
}

function mutated(below: (limit: number) => number, text: string): string {
  const pieces = [
    '"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '0',
    '1',
    '.',
    'e',
    '-',
    '+',
    'u',
    't',
    'n',
    ' ',
    '\\u',
    '\\u12',
    '\\ud83d',
    '\\ude00',
    '\\u0000',
    '\t',
    '\x01',
    'null',
    'é',
    '\\x',
    '/',
    '\uFEFF',
  ]
  let changed = text
  for (let change = below(3); change >= 0; change--) {
    const at = below(changed.length + 1)
    const kind = below(3)
    if (kind === 0) changed = changed.slice(0, at) + changed.slice(at + 1 + below(3))
    else if (kind === 1) changed = changed.slice(0, at)
    else changed = changed.slice(0, at) + pieces[below(pieces.length)] + changed.slice(at)
  }
  // Half of a character is none.
  return Buffer.from(changed).toString()
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

describe('JSON texts', () => {
  it('are valid where JSON.parse takes them: 50,000 generated and mutated ones', () => {
    const { below } = createRandom(20_240_115)
    const scanner = new JsonScanner()
    let valid = 0
    let special = 0
    for (let round = 0; round < 50_000; round++) {
      const generated = `${spaces[below(spaces.length)]}${randomJson(below, 4)}${spaces[below(spaces.length)]}`
      const text = round % 3 === 0 ? generated : mutated(below, generated)
      const expected = parsed(text) !== undefined
      const bytes = Buffer.from(text)
      const end = scanner.value(bytes, scanner.space(bytes, 0, bytes.length), bytes.length)
      if (end === HAS_NUL || end === HAS_LONE_SURROGATE) {
        // Found before the end, so the rest may be anything.
        expect(text).toMatch(end === HAS_NUL ? /\\u0000/ : /\\ud[89a-f]/i)
        expect(isValidJson(bytes, 0, bytes.length)).toBe(false)
        special++
        continue
      }
      const got = isValidJson(bytes, 0, bytes.length)
      // Numbers that PostgreSQL has no room for.
      if (!got && /[eE][+-]?\d{4,}/.test(text)) continue
      if (got !== expected) throw new Error(`${got} for ${JSON.stringify(text)}`)
      if (got) valid++
    }
    expect(valid).toBeGreaterThan(20_000)
    expect(special).toBeGreaterThan(100)
  })

  it('give the values that JSON.parse gives: members of 50,000 generated and mutated objects', () => {
    const { below } = createRandom(7)
    const names = ['a', 'b.c', '@d', '/deep/x', '/deep/list/1', '/deep/list/0/y', '/esc~0aped/a~1b']
    const split = createSplitter({ kind: 'json' }, names)
    let taken = 0
    for (let round = 0; round < 50_000; round++) {
      const member = (name: string) => `${JSON.stringify(name)}:${randomJson(below, 2)}`
      const list = `[${Array.from({ length: below(3) }, () => (below(2) === 0 ? `{${member('y')}}` : randomJson(below, 1))).join(', ')}]`
      const members = [
        member('a'),
        `"b\\u002ec" : ${randomJson(below, 2)}`,
        member('@d'),
        `"deep":{${member('x')},"list":${list},${member('other')}}`,
        `"esc~aped": {${member('a/b')}}`,
        member('undeclared'),
        member('é"\\'),
      ].filter(() => below(4) > 0)
      const generated = `{${members.join(`${spaces[below(spaces.length)]},`)}}`
      const text = round % 2 === 0 ? generated : mutated(below, generated)
      const expected = parsed(text)
      const got = split(text)
      if ('refusal' in got) {
        if (/^(duplicate_field|nul_byte|invalid_utf8|too_many)/.test(got.refusal)) continue
        const isObject = expected !== undefined && /^\s*\{/.test(text)
        if (isObject && !/[eE][+-]?\d{4,}/.test(text))
          throw new Error(`${got.refusal} for ${JSON.stringify(text)}`)
        continue
      }
      if (expected === undefined) throw new Error(`accepted ${JSON.stringify(text)}`)
      const object = expected.value as Record<string, unknown>
      for (const name of names) {
        const path = name.startsWith('/')
          ? name
              .slice(1)
              .split('/')
              .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
          : [name]
        let value: unknown = object
        for (const part of path) {
          value =
            typeof value === 'object' && value !== null && Object.hasOwn(value, part)
              ? (value as Record<string, unknown>)[part]
              : undefined
        }
        const field = got.fields[name]
        const isRight =
          value === undefined || value === null
            ? field === undefined
            : field !== undefined &&
              isDeepStrictEqual(typeof value === 'string' ? field : JSON.parse(field), value)
        if (!isRight) throw new Error(`${name}: ${field} for ${JSON.stringify(text)}`)
        if (field !== undefined) taken++
      }
      const rest = Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)))
      const kept: unknown = got.extra === null ? {} : JSON.parse(got.extra)
      if (!isDeepStrictEqual(kept, rest)) throw new Error(`${got.extra} for ${JSON.stringify(text)}`)
    }
    expect(taken).toBeGreaterThan(50_000)
  }, 60_000)

  it('are refused where PostgreSQL would refuse them, or where they are too deep', () => {
    const result = (text: string) => new JsonScanner().value(Buffer.from(text), 0, Buffer.byteLength(text))
    expect(result('"\\u0000"')).toBe(HAS_NUL)
    expect(result('{"\\u0000":1}')).toBe(HAS_NUL)
    for (const text of ['"\\ud83d"', '"\\ude00"', '"\\ud83dx"', '"\\ud83d\\ud83d"', '"\\ud83d\\u0041"']) {
      expect(result(text)).toBe(HAS_LONE_SURROGATE)
    }
    expect(result('"\\ud83d\\ude00"')).toBe(14)
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
      expect(result(nested(MAX_DEPTH))).toBeGreaterThan(0)
      expect(result(nested(MAX_DEPTH + 1))).toBe(INVALID)
      expect(result(open.repeat(1_000_000))).toBe(INVALID)
    }
    expect(result('1e1000')).toBe(6)
    expect(result('1e1001')).toBe(INVALID)
    expect(result(`1e${'9'.repeat(500)}`)).toBe(INVALID)
    expect(result('1'.repeat(1001))).toBe(INVALID)
  })
})
