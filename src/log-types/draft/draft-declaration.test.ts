import { describe, expect, it } from 'vitest'
import { createRegistry } from '../create-registry.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { readDeclaration } from '../read-declaration.js'
import { checkSample } from '../samples/check-sample.js'
import { readSamples } from '../samples/read-samples.js'
import { draftDeclaration } from './draft-declaration.js'

const none = createRegistry([])

function draft(lines: readonly string[]) {
  const drafted = draftDeclaration(
    'drafted',
    lines.map((line) => Buffer.from(line)),
    none,
  )
  const result = readDeclaration('drafted.yaml', drafted.declaration)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  const type = new DeclaredLogType(result.declaration)
  const registry = createRegistry([type])
  const samples = readSamples('samples.yaml', drafted.samples, type)
  if ('problems' in samples) throw new Error(JSON.stringify(samples.problems))
  expect(samples.samples.length).toBeGreaterThan(0)
  for (const sample of samples.samples) expect(checkSample(registry, type, sample)).toBeUndefined()
  return { ...drafted, declared: result.declaration }
}

const times = Array.from({ length: 20 }, (_, index) => `2026-01-15T10:23:${10 + index}`)

/** Lines that differ in time, address and number, and what a draft is to find in them: kind of format, columns. */
const cases: [name: string, line: (index: number) => string, kind: string, columns: string][] = [
  [
    'words in a fixed order',
    (i) => `${times[i]}Z gw${i} vpn (${i + 1}) user="a ${i}" from 192.0.2.${i} in`,
    'dissect',
    'timestamp timestamptz, field_1 text, number_1 integer, user text, ip inet',
  ],
  [
    'a time of two words',
    (i) => `${times[i]?.replace('T', ' ')},123 gate 192.0.2.${i} ${i}`,
    'pattern',
    'timestamp timestamptz, ip inet, number_1 integer',
  ],
  [
    'a time of two words before pairs',
    (i) => `${times[i]?.replace('T', ' ')} gate${i} tunnel[7]: user="a ${i}" peer=192.0.2.${i} bytes=${i}`,
    'pattern',
    'timestamp timestamptz, field_1 text, number_1 integer, user text, peer inet, bytes bigint',
  ],
  [
    'lines that end differently',
    (i) => `${times[i]}Z gate ${'word '.repeat(i % 4)}end`,
    'dissect',
    'timestamp timestamptz, message text',
  ],
  [
    'pairs behind a head',
    (i) => `${times[i]}Z|action=a${i}|src=192.0.2.${i}|len=${i}`,
    'key-value',
    'timestamp timestamptz, action text, src inet, len integer',
  ],
  [
    'logfmt',
    (i) => `time=${times[i]}Z level=info msg="a ${i}" took=${i}.5`,
    'logfmt',
    'timestamp timestamptz, level text, msg text, took double',
  ],
  [
    'CSV',
    (i) => (i === 0 ? 'time,client,size' : `${times[i]}Z,192.0.2.${i},${i}`),
    'delimited',
    'timestamp timestamptz, client inet, size bigint',
  ],
  [
    'JSON with members of members',
    (i) => JSON.stringify({ ts: 1_767_225_600 + i, client: { ip: `192.0.2.${i}` }, tags: ['a'], ok: true }),
    'json',
    'timestamp timestamptz, client_ip inet, tags jsonb, ok boolean',
  ],
  [
    'syslog',
    (i) => `Jan ${String(1 + (i % 12)).padStart(2)} 10:23:45 h dhcpd[7]: DHCPACK on 192.0.2.${i} via eth0`,
    'dissect',
    'timestamp timestamptz, host text, app text, pid integer, ip inet, field_1 text',
  ],
  [
    'Docker around logfmt',
    (i) =>
      JSON.stringify({ log: `level=info msg="a ${i}" n=${i}\n`, stream: 'stdout', time: `${times[i]}Z` }),
    'logfmt',
    'timestamp timestamptz, stream text, level text, msg text, n integer',
  ],
]

describe('draftDeclaration', () => {
  it.each(cases)('drafts a valid declaration for %s', (_, line, kind, columns) => {
    const lines = times.map((_, index) => line(index))
    const { declared, rows } = draft(lines)
    expect(declared.format.kind).toBe(kind)
    expect(declared.columns.map((column) => `${column.name} ${column.type}`).join(', ')).toBe(columns)
    expect(rows).toBe(kind === 'delimited' ? lines.length - 1 : lines.length)
  })

  it('drafts from a single line', () => {
    expect(draft([`${times[0]}Z gw1 accept 192.0.2.1 443`]).rows).toBe(1)
  })

  it('says that the rest of padded lines is left to be taken apart', () => {
    const { declaration } = draft(
      times.map((_, i) => `${1_767_225_600 + i}.5 ${'   '.slice(i % 3)}${i} GET /`),
    )
    expect(declaration).toContain('message is all the rest')
    const alike = draft(times.map((time, i) => `${time}Z gw1 accept 192.0.2.${i} 443`))
    expect(alike.declaration).not.toContain('the rest')
  })

  it('says that there is no time, and that there is no line', () => {
    expect(() => draft(['hello world'])).toThrow('no time was found')
    expect(() => draft([])).toThrow('there is no line')
  })

  it('gives something valid or says why not, whatever the lines are', () => {
    let state = 11
    const below = (most: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 4_294_967_296) * most)
    }
    const tokens = [
      ' ',
      '|',
      '=',
      '"',
      '{',
      '}',
      '[',
      ']',
      '#',
      '\t',
      ',',
      ':',
      '*/',
      '\0',
      'ä',
      '%{',
      '- ',
      '\u2028',
      '\x85',
    ]
    for (let round = 0; round < 200; round++) {
      const [, line] = cases[below(cases.length)]!
      const lines = times.map((_, index) => {
        let text = line(index)
        for (let change = below(3); change > 0; change--) {
          const at = below(text.length)
          text = text.slice(0, at) + tokens[below(tokens.length)]! + text.slice(at + below(3))
        }
        return text
      })
      try {
        draft(lines)
      } catch (error) {
        if (!(error instanceof Error) || !/no time was found|greater than/.test(error.message)) throw error
      }
    }
  })
})
