import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { describeProblem } from '../declaration/declaration-error.js'
import { readDeclaration } from '../declaration/read-declaration.js'

/** The problems of a declaration whose second column is this one, without the file's name. */
function problems(column: object, more: object = {}): string[] {
  const text = stringify({
    name: 'a',
    version: 1,
    table: 'a',
    detect: ['x'],
    format: { kind: 'dissect', pattern: '{timestamp} {c}' },
    columns: [
      { name: 'timestamp', type: 'timestamptz', required: true },
      { name: 'c', ...column },
    ],
    ...more,
  })
  const result = readDeclaration('a.yaml', text)
  return 'problems' in result
    ? result.problems.map((problem) => describeProblem(problem).replace(/^a\.yaml(:\d+)?: /, ''))
    : []
}

describe('a column', () => {
  it.each([
    {
      type: 'text',
      nulls: ['-'],
      normalise: ['trim', 'lower'],
      default: 'x',
      map: { a: 'b' },
      mapOnly: false,
    },
    { type: 'boolean', true: [true, 'T'], false: [false, 'F'] },
    { type: 'enum', values: ['a'], map: { 1: 'a' }, mapOnly: true, default: '1' },
    { type: 'timestamptz', formats: ['iso8601', 'epoch-ms', '%b %e %H:%M:%S'] },
    { type: 'double', min: -0.5, max: 0.5 },
    { type: 'jsonb', maxBytes: 10, default: '{}' },
    { type: 'inet[]', separator: ', ', maxItems: 3 },
    { type: 'text[]', separator: ',', json: true },
    { type: 'smallint' },
    { type: 'cidr' },
    { type: 'macaddr' },
    { type: 'uuid' },
  ])('%j is valid', (column) => {
    expect(problems(column)).toEqual([])
  })

  it.each([
    [{ type: 'float' }, /columns\[1\]\.type: expected one of text, enum, smallint, .*; got "float"$/],
    [{ type: 'text', nulls: '-' }, /columns\[1\]\.nulls: expected a list of 1 to 32 texts; got "-"$/],
    [
      { type: 'text', nulls: [0] },
      /columns\[1\]\.nulls\[0\]: expected a text .*; a number needs quotes; got 0$/,
    ],
    [
      { type: 'text', normalise: ['strip'] },
      /columns\[1\]\.normalise\[0\]: expected one of trim, .*; got "strip"$/,
    ],
    [{ type: 'text', map: { a: 1 } }, /columns\[1\]\.map\.a: expected a text .*; got 1$/],
    [{ type: 'text', map: {} }, /columns\[1\]\.map: expected a mapping of 1 to 1024 texts; got a mapping$/],
    [
      { type: 'text', map: ['a'] },
      /columns\[1\]\.map: expected a mapping of texts to texts; got a list of 1$/,
    ],
    [{ type: 'text', mapOnly: true }, /columns\[1\]\.mapOnly: expected mapOnly only beside map; got no map$/],
    [{ type: 'integer', default: 'x' }, /columns\[1\]\.default: expected a decimal integer; got "x"$/],
    [{ type: 'integer', max: 5, default: '6' }, /columns\[1\]\.default: expected -2147483648 to 5; got "6"$/],
    [
      { type: 'inet', map: { a: 'b' } },
      /columns\[1\]\.map\.a: expected an IPv4 or IPv6 host address; got "b"$/,
    ],
    [
      { type: 'text', map: { a: 'b' }, mapOnly: true, default: 'c' },
      /default: expected one of the mapped values; got "c"$/,
    ],
    [{ type: 'enum' }, /columns\[1\]\.values: expected a list of 1 to 256 texts; got nothing$/],
    [
      { type: 'enum', values: ['a', 'a'] },
      /columns\[1\]\.values\[1\]: expected every name once; got "a" again$/,
    ],
    [{ type: 'boolean', true: ['no'] }, /columns\[1\]\.true: expected words that are not both .*; got "no"$/],
    [{ type: 'boolean', true: ['a'], false: ['A'] }, /columns\[1\]\.false: expected words that are not both/],
    [
      { type: 'timestamptz', formats: ['iso'] },
      /columns\[1\]\.formats\[0\]: expected iso8601, epoch-s, .*; got "iso"$/,
    ],
    [
      { type: 'timestamptz', formats: ['%Q'] },
      /columns\[1\]\.formats\[0\]: expected one of %Y .*; got "%Q"$/,
    ],
    [{ type: 'double', min: 2, max: 1 }, /columns\[1\]\.max: expected a number not below min, 2; got 1$/],
    [{ type: 'double', min: Infinity }, /columns\[1\]\.min: expected a finite number/],
    [{ type: 'integer[]', min: 2, max: 1 }, /columns\[1\]\.max: expected a number not below min, 2; got 1$/],
    [
      { type: 'text[]', separator: '' },
      /columns\[1\]\.separator: expected a separator of 1 to 8 characters; got ""$/,
    ],
    [{ type: 'text[]', json: true }, /columns\[1\]\.json: expected json only beside separator/],
    [{ type: 'jsonb', maxBytes: 0 }, /columns\[1\]\.maxBytes: expected a whole number/],
  ])('%j is refused', (column, expected) => {
    expect(problems(column).join('\n')).toMatch(expected)
  })

  it('can be indexed where a B-tree is of use', () => {
    const indexes = [['c']]
    expect(problems({ type: 'enum', values: ['x'.repeat(1000)] }, { indexes })).toEqual([])
    expect(problems({ type: 'uuid' }, { indexes })).toEqual([])
    for (const type of ['jsonb', 'text[]']) {
      const expected = `indexes[0][0]: expected a column whose type a B-tree index orders in a useful way: no jsonb, no array; got c, ${type}`
      expect(problems({ type }, { indexes })).toEqual([expected])
    }
  })

  it('has a zone of the IANA database', () => {
    expect(problems({ type: 'text' }, { timezone: 'Europe/Berlin' })).toEqual([])
    const expected =
      'timezone: expected a time zone of the IANA database, such as Europe/Berlin; got "CEST+2"'
    expect(problems({ type: 'text' }, { timezone: 'CEST+2' })).toEqual([expected])
  })
})
