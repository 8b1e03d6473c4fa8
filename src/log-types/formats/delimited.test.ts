import { describe, expect, it } from 'vitest'
import { createSplitter } from '../../../load/test/split-text.js'
import type { FormatDeclaration } from './format-schema.js'

type Delimited = Extract<FormatDeclaration, { kind: 'delimited' }>

function splitter(options: Partial<Delimited> & Pick<Delimited, 'fields'>, ...names: string[]) {
  return createSplitter({ kind: 'delimited', delimiter: ',', more: 'refuse', ...options }, names)
}

describe('delimited lines', () => {
  it('give fields by position, and skip those named with _', () => {
    const split = splitter({ fields: ['a', '_', 'b', '_x', 'c'] }, 'b', 'a', 'c')
    expect(split('1,2,3,4,')).toEqual({ fields: { a: '1', b: '3', c: '' }, extra: null })
    expect(split(',,,,"5"')).toEqual({ fields: { a: '', b: '', c: '"5"' }, extra: null })
  })

  it('keep fields that no column is declared for, if they are not empty', () => {
    const split = splitter({ fields: ['a', 'b', 'c'] }, 'a')
    expect(split('1,2,')).toEqual({ fields: { a: '1' }, extra: '{"b":"2"}' })
  })

  it('take quoted fields', () => {
    const split = splitter({ fields: ['a', 'b'], quote: '"' }, 'a')
    expect(split('"x, y",2')).toEqual({ fields: { a: 'x, y' }, extra: '{"b":"2"}' })
    expect(split('"say ""hi""","""b"""')).toEqual({ fields: { a: 'say "hi"' }, extra: '{"b":"\\"b\\""}' })
    expect(split('"",a"b')).toEqual({ fields: { a: '' }, extra: '{"b":"a\\"b"}' })
    for (const text of ['"a,b', '"a"x,b', '"a""', '"', 'a,"b" ']) {
      expect(split(text)).toEqual({ refusal: 'no_match: expected a quoted field to end with its quote' })
    }
  })

  it('refuse fewer fields than declared, and more unless they are to be kept', () => {
    const refusing = splitter({ fields: ['a', 'b'] }, 'a', 'b')
    expect(refusing('1')).toEqual({ refusal: 'no_match: expected as many fields as are declared' })
    expect(refusing('1,2,3')).toEqual({ refusal: 'no_match: expected no more fields than are declared' })
    const keeping = splitter({ fields: ['a', 'b'], more: 'keep' }, 'a', 'b')
    expect(keeping('1')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
    expect(keeping('1,2,,four')).toEqual({ fields: { a: '1', b: '2' }, extra: '{"field_4":"four"}' })
    expect(keeping(`1,2${',x'.repeat(65)}`)).toMatchObject({
      refusal: expect.stringMatching(/^too_many_fields/),
    })
    expect(keeping(`1,2${','.repeat(300)}`)).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
  })

  it('may have fewer fields, down to as many as are declared to be there', () => {
    const split = splitter({ fields: ['a', 'b', 'c', 'd'], atLeast: 2 }, 'a', 'c')
    expect(split('1,2')).toEqual({ fields: { a: '1' }, extra: '{"b":"2"}' })
    expect(split('1,2,3')).toEqual({ fields: { a: '1', c: '3' }, extra: '{"b":"2"}' })
    expect(split('1,2,3,4')).toEqual({ fields: { a: '1', c: '3' }, extra: '{"b":"2","d":"4"}' })
    expect(split('1')).toEqual({ refusal: 'no_match: expected at least 2 fields' })
    expect(split('1,2,3,4,5')).toMatchObject({ refusal: expect.stringMatching(/^no_match/) })
  })

  it('take a header with as few and as many fields as lines may have', () => {
    const split = splitter(
      { delimiter: '\t', fields: ['ts', 'uid', 'id'], atLeast: 2, more: 'keep', header: '#fields' },
      'ts',
    )
    for (const names of ['ts\tuid', 'ts\tuid\tid', 'ts\tuid\tid\tmore\tand more']) {
      expect(split(`#fields\t${names}`)).toMatchObject({ refusal: expect.stringMatching(/^header_line/) })
    }
    for (const names of ['ts', 'ts\tid', 'ts\tuid\tmore', 'ts\tuid\t', '']) {
      expect(split(`#fields\t${names}`)).toMatchObject({ refusal: expect.stringMatching(/^header_changed/) })
    }
  })

  it('know the header of a file whose header names its fields', () => {
    const split = splitter(
      { delimiter: '\t', fields: ['ts', '_', 'id.orig_h'], header: '#fields', comment: '#' },
      'ts',
    )
    const header = { refusal: expect.stringMatching(/^header_line/) }
    const changed = { refusal: expect.stringMatching(/^header_changed/) }
    expect(split('#fields\tts\tuid\tid.orig_h')).toEqual(header)
    expect(split('#fields\tts\tuid\tid.orig_p')).toEqual(changed)
    expect(split('#fields\tts\tuid')).toEqual(changed)
    expect(split('#fields\tts\tuid\tid.orig_h\tmore')).toEqual(changed)
    expect(split('#fields')).toEqual(changed)
    expect(split('#close\t2024-01-01')).toEqual(header)
    expect(split('#fieldsx\t1\t2')).toEqual(header)
    expect(split('1.5\tC1\t192.0.2.1')).toEqual({ fields: { ts: '1.5' }, extra: '{"id.orig_h":"192.0.2.1"}' })
  })

  it('know a header that is declared as a whole', () => {
    const split = splitter({ fields: ['time', 'src'], header: 'Receive Time,Source' }, 'time', 'src')
    expect(split('Receive Time,Source')).toMatchObject({ refusal: expect.stringMatching(/^header_line/) })
    expect(split('Receive Time,Source,More')).toMatchObject({
      refusal: expect.stringMatching(/^header_changed/),
    })
    expect(split('Receive Time,Destination')).toMatchObject({
      refusal: expect.stringMatching(/^header_changed/),
    })
    expect(split('2024,x')).toEqual({ fields: { time: '2024', src: 'x' }, extra: null })
  })
})
