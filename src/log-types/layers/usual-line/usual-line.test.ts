import { describe, expect, it } from 'vitest'
import { CopyWriter } from '../../../postgres/copy-writer.js'
import { createColumn } from '../../columns/create-column.js'
import { type Declaration, declarationSchema, PARTITION_KEY } from '../../declaration/declaration.js'
import { loadDeclarations } from '../../declaration/load-declarations.js'
import { DeclaredLogType } from '../../declared-log-type.js'
import { isPlainFormat } from '../../formats/format-schema.js'
import { LineSource, SLACK_BYTES } from '../../line/line-source.js'
import { loadLogTypes } from '../../registry.js'
import { loadSamples } from '../../samples/load-samples.js'
import { UsualLine } from './usual-line.js'

const directory = new URL('../../../../config/log-types', import.meta.url).pathname
const { declared } = await loadDeclarations({ directory })
const declarations = declared.map(({ declaration }) => declaration)
const samples = await loadSamples(directory, await loadLogTypes(directory))

function usualLine(declaration: Declaration): UsualLine | undefined {
  const encoded = declaration.columns.map((column) => createColumn(column, column.name === PARTITION_KEY))
  return UsualLine.compile(declaration, encoded)
}

/** Whether the line is taken in one pass. Nothing may be left written where it is not. */
function takes(declaration: Declaration, line: string | Buffer): boolean {
  const bytes = Buffer.from(line)
  const source = new LineSource(Buffer.concat([bytes, Buffer.alloc(SLACK_BYTES)]), true)
  const writer = new CopyWriter(64)
  const taken = usualLine(declaration)?.encode(source, 0, bytes.length, writer, { timestampMs: 0 }) ?? false
  if (!taken) expect(writer.position).toBe(0)
  return taken
}

function declare(format: object, columns: object[]): Declaration {
  return declarationSchema.parse({ name: 'a', version: 1, table: 'a', detect: ['x'], format, columns })
}

const timestamp = { name: 'timestamp', type: 'timestamptz', required: true }
const dissect = (pattern: string, ...columns: object[]) => declare({ kind: 'dissect', pattern }, columns)
const pairs = (separator: string, assign: string, head: string, ...columns: object[]) =>
  declare({ kind: 'key-value', head, pairs: { separator, assign } }, columns)
const text = (name: string, more: object = {}) => ({ name, type: 'text', ...more })
const integer = (name: string, more: object = {}) => ({ name, type: 'integer', ...more })
const inet = (name: string, more: object = {}) => ({ name, type: 'inet', ...more })

describe('the lines of the shipped types', () => {
  it.each(declarations.map((declaration) => [declaration.name, declaration] as const))(
    'are taken in one pass where they are usual: %s',
    (name, declaration) => {
      const own = samples.find(({ logType }) => logType === name)?.samples ?? []
      const rows = own.filter(({ expectation }) => expectation.kind === 'row')
      expect(takes(declaration, rows[0]!.line)).toBe(true)
    },
  )
})

describe('a line', () => {
  const time = '2024-02-29T23:59:59.999Z'
  const declaration = pairs('|', '=', '{timestamp}|', timestamp, text('a'), integer('b'), inet('c'))

  it.each([
    ['all columns in order', `${time}|a=x|b=1|c=1.2.3.4`, true],
    ['absent columns', `${time}|b=1`, true],
    ['empty values', `${time}|a=|b=|c=`, true],
    ['a time with an offset', '2024-02-29T23:59:59+01:00|a=x', true],
    ['the 60th second', '2024-02-29T23:59:60.000Z|a=x', true],
    ['an IPv6 address', `${time}|c=2001:db8::1`, true],
    ['more digits than fit', `${time}|b=1234567890123`, false],
    ['another order', `${time}|b=1|a=x`, false],
    ['an unknown key', `${time}|a=x|d=1`, false],
    ['a key twice', `${time}|a=x|a=y`, false],
    ['a separator at the end', `${time}|a=x|`, false],
    ['no pair', `${time}|`, false],
    ['a day that does not exist', '2023-02-29T23:59:59.999Z|a=x', false],
  ])('with %s: in one pass %s', (_, line, expected) => {
    expect(takes(declaration, line)).toBe(expected)
  })

  it('is left to the complete way where nothing follows it in memory', () => {
    const bytes = Buffer.from(`${time}|a=x`)
    const writer = new CopyWriter()
    const line = usualLine(declaration)!
    expect(line.encode(new LineSource(bytes, true), 0, bytes.length, writer, { timestampMs: 0 })).toBe(false)
  })

  it('of a type whose columns are declared in another order has no usual form', () => {
    expect(usualLine(dissect('{timestamp} {b} {a}', timestamp, text('a'), text('b')))).toBeUndefined()
    expect(usualLine(pairs(' ', '=', '{timestamp} ', text('a'), timestamp))).toBeUndefined()
  })
})

describe('one pass and the complete way agree', () => {
  // Literals that begin with what may be in a value, that overlap with themselves or are longer than a word.
  it.each([
    ['digits after an integer', dissect('{n}12{timestamp}', integer('n'), timestamp)],
    ['points after an address', dissect('{c}.{timestamp}', inet('c'), timestamp)],
    ['Z after a time', dissect('{timestamp}Z{a}', timestamp, text('a'))],
    ['the last of overlapping literals', dissect('{a*}xx{timestamp}', text('a'), timestamp)],
    ['the last literal after an integer', dissect('{n*} x{timestamp}', integer('n'), timestamp)],
    ['long literals', dissect('x{a} 0123456789xyz {timestamp}', text('a'), timestamp)],
    ['a literal at the end', dissect('{timestamp} {a} x', timestamp, text('a', { maxBytes: 5 }))],
    ['a rest', dissect('x {timestamp} {a}', timestamp, text('a', { required: true }))],
    ['points between pairs', pairs('.', ':', '{timestamp}.', timestamp, inet('c'), integer('n'), text('a'))],
    ['digits between pairs', pairs('1', '2', '', integer('n'), text('a', { required: true }))],
    ['Z between pairs', pairs('Z', '=', '', timestamp, text('a'), integer('n', { max: 12 }))],
    ['a long key', pairs(' ', '=', '{a} ', text('a'), text('abcdefghijkl'), timestamp)],
  ])('on lines with %s', (_, declaration) => {
    const type = new DeclaredLogType(declaration)
    const { format } = declaration
    if (format.kind === 'alternatives' || !isPlainFormat(format)) throw new Error(format.kind)
    const pattern = format.kind === 'dissect' ? format.pattern : format.head
    const marks = format.kind === 'dissect' ? [] : [format.pairs.separator, format.pairs.assign]
    const keys = declaration.columns.map(({ name }) => name + (marks[1] ?? ''))
    const literals = pattern.split(/\{[^}]*\}/).filter((literal) => literal !== '')
    const values = [
      '2024-01-01T00:00:00.000Z',
      '2024-01-01T00:00:00+00',
      '1.2.3.4',
      '12',
      '3',
      '::1',
      'x',
      'xx',
      '',
    ]
    const tokens = [...literals, ...literals, ...marks, ...keys, ...values]
    const template = () => pattern.replaceAll(/\{[^}]*\}/g, () => values[below(values.length)]!)
    let state = 1
    function below(limit: number): number {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 4_294_967_296) * limit)
    }
    let rows = 0
    for (let round = 0; round < 6000; round++) {
      let line = round % 3 === 0 ? '' : template()
      if (marks.length > 0 && round % 2 === 0) {
        line += keys.map((key) => key + values[below(values.length)]!).join(marks[0])
      }
      for (let more = below(round % 5 === 0 ? 12 : 2); more > 0; more--) line += tokens[below(tokens.length)]!
      const complete = encode(type, line, 0)
      if (encode(type, line, SLACK_BYTES) !== complete) throw new Error(line)
      if (complete.startsWith('row')) rows++
    }
    expect(rows).toBeGreaterThan(20)
  })
})

/** What the type makes of a line after which there are so many bytes; the one pass is taken where these are enough. */
function encode(type: DeclaredLogType, line: string, slackBytes: number): string {
  const out = { timestampMs: Number.NaN }
  const writer = new CopyWriter(64)
  const bytes = Buffer.from(line + '1'.repeat(slackBytes))
  const refusal = type.encodeLine(new LineSource(bytes, true), 0, line.length, writer, out)
  if (refusal !== undefined) return `${refusal.reason} ${refusal.detail}`
  return `row ${writer.take().toString('hex')} ${out.timestampMs}`
}
