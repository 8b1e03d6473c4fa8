import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { isUtf8 } from '../bytes/utf8.js'
import { FieldSlots } from '../line/field-slots.js'
import { ABSENT, Fields } from '../line/fields.js'
import { refusalReasons } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'
import { createFormat } from './create-format.js'
import { type FormatDeclaration, formatSchema } from './format-schema.js'

const names = ['a', 'b', 'c', '/d/e', 'time']

const cases: readonly (readonly [string, object, string])[] = [
  ['dissect', { kind: 'dissect', pattern: '{time} {a*} from {b}: {c}' }, 'now eve from x from y: z'],
  [
    'key-value',
    { kind: 'key-value', head: '{time}|', pairs: { separator: '|', assign: '=' } },
    'now|a=1|b=2|x=3',
  ],
  [
    'key-value with options',
    {
      kind: 'key-value',
      head: '{time} ',
      pairs: { separator: ';', assign: ':', quote: '"', escape: '\\', spaces: true, bare: true },
    },
    'now a:"x\\"y"; b:1\\;2; c; x:y',
  ],
  ['logfmt', { kind: 'logfmt' }, 'a=1 b="x \\"y\\" \\u00e9" c x=y time=now'],
  [
    'pattern',
    { kind: 'pattern', pattern: '%{NOTSPACE:time} (?<a>.*) from %{IP:b}(?: \\[(?<c>[^\\]]*)\\])?' },
    'now eve from x from 192.0.2.1 [é]',
  ],
  [
    'delimited',
    {
      kind: 'delimited',
      delimiter: ',',
      quote: '"',
      fields: ['a', '_', 'b', 'new', 'time'],
      header: 'a',
      comment: '#',
      more: 'keep',
    },
    'x,y,"say ""hi""",z,now,q',
  ],
  ['json', { kind: 'json' }, '{"a":1,"b":"x\\n\\u00e9","d":{"e":[1,{}],"f":null},"x":{"y":"z"}}'],
]

describe.each(cases)('%s', (_, declared, example) => {
  const declaration: FormatDeclaration = formatSchema.parse(declared)
  const format = createFormat(declaration, new FieldSlots(names))
  const fields = new Fields(names.length)

  /** The fields' texts or the reason. Checks what must hold of every text. */
  function split(bytes: Buffer, start = 0, end = bytes.length): string {
    fields.clear()
    const refusal = format.split(bytes, start, end, fields)
    if (refusal !== undefined) {
      if (!refusalReasons.includes(refusal.reason)) throw new Error(refusal.reason)
      return refusal.reason
    }
    const texts = names.map((_name, slot) => {
      const from = fields.spans[2 * slot]!
      const to = fields.spans[2 * slot + 1]!
      if (from === ABSENT) return '-'
      const isScratch = from >= SCRATCH
      const base = isScratch ? SCRATCH : 0
      const low = isScratch ? 0 : start
      const high = isScratch ? fields.scratch.position : end
      if (from - base < low || to < from || to - base > high) throw new Error(`${from} ${to}`)
      const source = fields.bytesOf(slot, bytes)
      if (isUtf8(bytes, start, end) && !isUtf8(source, from - base, to - base)) throw new Error('cut')
      return source.toString('latin1', from - base, to - base)
    })
    return `row ${JSON.stringify(texts)}`
  }

  it('takes its example, wherever it stands', () => {
    const alone = split(Buffer.from(example))
    expect(alone).toMatch(/^row /)
    const padded = Buffer.from(`"9 ${example}\\"9,=`)
    expect(split(padded, 3, 3 + Buffer.byteLength(example))).toBe(alone)
  })

  it('reads nothing outside of the text, wherever it is cut', () => {
    const bytes = Buffer.from(example)
    for (let start = 0; start < bytes.length; start++) {
      for (let end = start; end <= bytes.length; end++) {
        const alone = Buffer.from(bytes.subarray(start, end))
        if (split(bytes, start, end) !== split(alone)) throw new Error(`${start} ${end}`)
      }
    }
  })

  it('never throws on 20,000 random and mutated texts', () => {
    const { below } = createRandom(20_240_115)
    const tokens = [
      '"',
      '\\',
      ',',
      '=',
      ' ',
      '{',
      '}',
      ':',
      ';',
      '|',
      '#',
      '\\u',
      '\\u0000',
      '\\ud83d',
      '[',
      'é',
      '😀',
      '\xff',
      '\0',
      '""',
      ' from ',
    ]
    let rows = 0
    for (let round = 0; round < 20_000; round++) {
      let bytes: Buffer = Buffer.from(example)
      if (round % 4 === 0) bytes = Buffer.from(Array.from({ length: below(200) }, () => below(256)))
      else {
        for (let change = below(4); change >= 0; change--) {
          const at = below(bytes.length + 1)
          const kind = below(4)
          if (kind === 0 && at < bytes.length) bytes[at] = below(256)
          else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(5))])
          else if (kind === 2) bytes = bytes.subarray(0, at)
          else {
            const token = Buffer.from(tokens[below(tokens.length)]!)
            bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)])
          }
        }
      }
      if (split(bytes).startsWith('row')) rows++
    }
    expect(rows).toBeGreaterThan(100)
  })

  it('takes linear time on long hostile texts', () => {
    const fills = [
      ' ',
      '"',
      '\\',
      '""',
      '\\"',
      '\\u00e9',
      ',',
      '=',
      'a=',
      'a=1 ',
      ';',
      ':',
      '|',
      '{',
      '[',
      '{"a":',
      '[{"x":',
      ' from ',
      'x',
      '"a":1,',
      '#',
      '1',
      '\\\\',
    ]
    for (const fill of fills) {
      for (const at of [0, example.length >> 1, example.length]) {
        const text = example.slice(0, at) + fill.repeat(Math.floor(200_000 / fill.length)) + example.slice(at)
        const bytes = Buffer.from(text)
        const started = process.cpuUsage()
        split(bytes)
        const { user, system } = process.cpuUsage(started)
        expect((user + system) / 1000).toBeLessThan(200)
      }
    }
  })
})
