import { describe, expect, it } from 'vitest'
import { createSplitter } from '../../../load/test/split-text.js'

describe('logfmt lines', () => {
  const split = createSplitter({ kind: 'logfmt', head: '' }, ['level', 'msg', 'ok'])

  it('give values by key, quoted or not; a key alone is true', () => {
    expect(split('level=info msg="a b" ok other=1')).toEqual({
      fields: { level: 'info', msg: 'a b', ok: 'true' },
      extra: '{"other":"1"}',
    })
    expect(split('  level=  msg=""   new ')).toEqual({
      fields: { level: '', msg: '' },
      extra: '{"new":"true"}',
    })
  })

  it('decode escapes between quotes, and only there', () => {
    expect(split('msg="\\"a\\"\\n\\t\\\\ \\u00e9\\ud83d\\ude00" level=\\n')).toEqual({
      fields: { msg: '"a"\n\t\\ é😀', level: '\\n' },
      extra: null,
    })
    expect(split('msg="C:\\Users\\x \\u12"')).toEqual({ fields: { msg: 'C:\\Users\\x \\u12' }, extra: null })
    expect(split('x="\\""')).toEqual({ fields: {}, extra: '{"x":"\\""}' })
  })

  it.each([
    ['', /^no_match/],
    ['   ', /^no_match/],
    ['=x', /^no_match/],
    ['"x"', /^no_match/],
    ['msg="x', /^no_match/],
    ['msg="x\\"', /^no_match/],
    ['msg="x"y', /^no_match/],
    ['msg=1 msg=2', /^duplicate_field: msg/],
    ['a=1 a=2', /^duplicate_field/],
    ['msg="\\u0000"', /^nul_byte/],
    ['msg="\\ud83d\\u0041"', /^invalid_utf8/],
    ['msg="\\ude00"', /^invalid_utf8/],
  ])('are refused: %s', (text, expected) => {
    expect(split(text)).toEqual({ refusal: expect.stringMatching(expected) })
  })
})

describe('pairs whose keys may come again', () => {
  const pairs = { separator: ';', assign: ':', quote: '"', spaces: true, repeated: 'keep' } as const
  const split = createSplitter({ kind: 'key-value', head: '', pairs }, ['a', 'b'])

  it('give the first value, and keep the others under names of their own', () => {
    expect(split('a:1; a:"2"; x:3; b:4; a:5; x:6')).toEqual({
      fields: { a: '1', b: '4' },
      extra: '{"a_2":"2","x":"3","a_3":"5","x_2":"6"}',
    })
    expect(split('x_2:1; x:2; x:3')).toEqual({ fields: {}, extra: '{"x_2":"1","x":"2","x_3":"3"}' })
  })

  it('are refused beyond nine', () => {
    expect(split('a:1;'.repeat(9))).toMatchObject({ fields: { a: '1' } })
    expect(split('a:1;'.repeat(10))).toEqual({ refusal: expect.stringMatching(/^duplicate_field/) })
    expect(split('x:1;'.repeat(9))).toMatchObject({ fields: {} })
    expect(split('x:1;'.repeat(10))).toEqual({ refusal: expect.stringMatching(/^duplicate_field/) })
  })
})

describe('pairs with options', () => {
  it('take quotes with the escape character that is declared', () => {
    const pairs = { separator: ';', assign: ':', quote: '"', escape: '\\', spaces: true }
    const split = createSplitter({ kind: 'key-value', head: '[{time}] ', pairs }, ['time', 'action', 'user'])
    expect(split('[now] action:"Accept"; user:"a\\"b;\\n\\\\"; x:1\\;2; ')).toEqual({
      fields: { time: 'now', action: 'Accept', user: 'a"b;n\\' },
      extra: '{"x":"1;2"}',
    })
    expect(split('[now] action')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
    expect(split('[now] action:"x"; time:1')).toMatchObject({
      refusal: expect.stringMatching(/^duplicate_field: time/),
    })
    expect(split('[now] action:x\\')).toEqual({ fields: { time: 'now', action: 'x\\' }, extra: null })
  })

  it('take keys alone and runs of spaces only where that is declared', () => {
    const spaces = createSplitter(
      { kind: 'key-value', head: '', pairs: { separator: ' ', assign: '=', spaces: true } },
      ['a'],
    )
    expect(spaces(' a=1   b=2 ')).toEqual({ fields: { a: '1' }, extra: '{"b":"2"}' })
    expect(spaces('a=1 DF')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
    const bare = createSplitter(
      { kind: 'key-value', head: '', pairs: { separator: ' ', assign: '=', bare: true } },
      ['DF'],
    )
    expect(bare('IN=eth0 OUT= DF SYN')).toEqual({
      fields: { DF: 'true' },
      extra: '{"IN":"eth0","OUT":"","SYN":"true"}',
    })
    expect(bare('IN=eth0  DF')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
  })
})
