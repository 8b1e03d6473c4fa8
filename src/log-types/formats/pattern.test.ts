import { describe, expect, it } from 'vitest'
import { createSplitter } from '../../../load/test/split-text.js'

function splitter(pattern: string, ...names: string[]) {
  return createSplitter({ kind: 'pattern', pattern }, names)
}

function found(fields: Record<string, string>) {
  return { fields, extra: null }
}

describe('texts taken apart by a pattern', () => {
  it('give the captures of an expression that fits all of it', () => {
    const split = splitter(
      '(?<verb>Failed|Accepted) (?<method>\\S+) for (?<user>.*) from (?<ip>[0-9.]+)',
      'user',
      'ip',
      'verb',
      'method',
    )
    expect(split('Failed password for eve from x from 192.0.2.1')).toEqual(
      found({ verb: 'Failed', method: 'password', user: 'eve from x', ip: '192.0.2.1' }),
    )
    const refused = { refusal: 'no_match: expected a text that the pattern fits' }
    expect(split('Failed password for eve from x from 192.0.2.1 ')).toEqual(refused)
    expect(split(' Failed password for eve from x from 192.0.2.1')).toEqual(refused)
    expect(split('')).toEqual(refused)
  })

  it('give what names in %{} stand for, under any field name', () => {
    const split = splitter(
      '%{SYSLOGTIMESTAMP:@time} %{HOST:host.name} %{WORD}: %{GREEDYDATA:/m}',
      '@time',
      'host.name',
      '/m',
    )
    expect(split('Jan  5 10:23:45 a-1.example: cron: x  y')).toMatchObject({ refusal: expect.any(String) })
    expect(split('Jan  5 10:23:45 a-1.example cron: x  y')).toEqual(
      found({ '@time': 'Jan  5 10:23:45', 'host.name': 'a-1.example', '/m': 'x  y' }),
    )
  })

  it('leave out alternatives that did not fit, and take a field from whichever did', () => {
    const split = splitter(
      '(?:user (?<user>\\w+)|uid (?<uid>\\d+)|name (?<user>\\w+))(?<_rest>.*)(?<_>)(x)?',
      'user',
      'uid',
    )
    expect(split('user bob!')).toEqual(found({ user: 'bob' }))
    expect(split('uid 7')).toEqual(found({ uid: '7' }))
    expect(split('name eve')).toEqual(found({ user: 'eve' }))
  })

  it('fit only what begins as they do', () => {
    const split = createSplitter({ kind: 'pattern', pattern: 'é(?<a>b(?:c|d))' }, ['a'])
    expect(split('ébc')).toEqual({ fields: { a: 'bc' }, extra: null })
    for (const text of ['ébe', 'éb', 'é', 'bc', ''])
      expect(split(text)).toEqual({ refusal: expect.stringMatching(/^no_match/) })
  })

  it('match text that is not ASCII by its bytes', () => {
    const split = splitter('(?:ä|ö)+: (?<a>[^ ]*) 😀(?<b>\\S+)', 'a', 'b')
    expect(split('äöä: čšž 😀à\u00a0x')).toEqual(found({ a: 'čšž', b: 'à\u00a0x' }))
    expect(split('u: x 😀y')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
    expect(splitter('(?:\\u00e4)(?<a>.)', 'a')('äx')).toEqual(found({ a: 'x' }))
    expect(splitter('(?<a>\\w+)(?<b>.*)', 'a', 'b')('naïve')).toEqual(found({ a: 'na', b: 'ïve' }))
  })

  it('refuse to cut a character in two', () => {
    const split = splitter('(?<a>.)(?<b>.*)', 'a', 'b')
    expect(split('xä')).toEqual(found({ a: 'x', b: 'ä' }))
    for (const text of ['äx', '€x', '😀x']) {
      expect(split(text)).toEqual({ refusal: 'no_match: expected the pattern to take whole characters' })
    }
  })

  it('take long captures, any byte of a line, and nested captures', () => {
    const long = 'é'.repeat(40_000)
    const split = splitter('(?<all>\\[(?<inner>[^\\]]*)\\](?<rest>.*))', 'all', 'inner', 'rest')
    expect(split(`[${long}]\r\t\u2028`)).toEqual(
      found({ all: `[${long}]\r\t\u2028`, inner: long, rest: '\r\t\u2028' }),
    )
  })

  it('refuse a text that the engine cannot remember the ways of', () => {
    const split = splitter('(?<a>(?:[^"\\\\]|\\\\.)*)', 'a')
    const refused = { refusal: 'no_match: expected a text short enough for the pattern' }
    expect(split('c'.repeat(16 << 20))).toEqual(refused)
    expect(split('c')).toEqual(found({ a: 'c' }))
  })
})
