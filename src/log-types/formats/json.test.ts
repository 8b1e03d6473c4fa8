import { describe, expect, it } from 'vitest'
import { createSplitter } from '../../../load/test/split-text.js'

const split = createSplitter({ kind: 'json' }, [
  'a',
  'user.name',
  '/user/name',
  '/user',
  '/list/1',
  '/user/roles/0/id',
])

describe('JSON lines', () => {
  it('give members by name and values deeper in them by pointer', () => {
    expect(split('{"a": 1.50, "user.name": "x", "list": [1, "two"]}')).toEqual({
      fields: { a: '1.50', 'user.name': 'x', '/list/1': 'two' },
      extra: '{"list":[1, "two"]}',
    })
    expect(split(' {"user" : {"name":"eve","roles":[{"id":7}]} } ')).toEqual({
      fields: {
        '/user': '{"name":"eve","roles":[{"id":7}]}',
        '/user/name': 'eve',
        '/user/roles/0/id': '7',
      },
      extra: null,
    })
    expect(split('{}')).toEqual({ fields: {}, extra: null })
  })

  it('decode strings, and leave everything else as it is written', () => {
    const value = (text: string) => split(`{"a":${text}}`)
    expect(value('"q\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00 é"')).toMatchObject({
      fields: { a: 'q"\\/\b\f\n\r\té😀 é' },
    })
    expect(value('-1.0E+2')).toMatchObject({ fields: { a: '-1.0E+2' } })
    expect(value('true')).toMatchObject({ fields: { a: 'true' } })
    expect(value('[ 1,{"b" :"\\n"} ]')).toMatchObject({ fields: { a: '[ 1,{"b" :"\\n"} ]' } })
    expect(value('null')).toEqual({ fields: {}, extra: null })
    expect(value('""')).toEqual({ fields: { a: '' }, extra: null })
    expect(split('{"\\u0061":"x","\\u00e9\\n":"y"}')).toEqual({
      fields: { a: 'x' },
      extra: '{"é\\u000a":"y"}',
    })
  })

  it('keep what no column is declared for, as it is written', () => {
    expect(split('{"b":{"c":[1, null]},"__proto__":null,"a":1}')).toEqual({
      fields: { a: '1' },
      extra: '{"b":{"c":[1, null]},"__proto__":null}',
    })
  })

  it.each([
    ['', 'no_match: expected a JSON object'],
    ['[1]', 'no_match: expected a JSON object'],
    ['"a"', 'no_match: expected a JSON object'],
    ['{', /^bad_json/],
    ['{"a":1', /^bad_json/],
    ['{"a":1,}', /^bad_json/],
    ["{'a':1}", /^bad_json/],
    ['{"a":01}', /^bad_json/],
    ['{"a":1} x', /^bad_json/],
    ['{"a":"\t"}', /^bad_json/],
    ['{"a":NaN}', /^bad_json/],
    ['{"a":"\\u0000"}', /^nul_byte/],
    ['{"b":{"c":"\\ud800"}}', /^invalid_utf8/],
    ['{"a":1,"a":null}', 'duplicate_field: a: expected once'],
    ['{"a":null,"\\u0061":null}', 'duplicate_field: a: expected once'],
    ['{"user":{"name":"a","name":"b"}}', 'duplicate_field: /user/name: expected once'],
    ['{"x":1,"x":2}', /^duplicate_field/],
    [`{${Array.from({ length: 65 }, (_, index) => `"k${index}":1`).join()}}`, /^too_many_fields/],
    [`{"k":"${'x'.repeat(17_000)}"}`, /^too_many_fields/],
  ])('are refused: %s', (text, expected) => {
    expect(split(text)).toEqual({
      refusal: typeof expected === 'string' ? expected : expect.stringMatching(expected),
    })
  })
})
