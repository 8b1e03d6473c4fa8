import { describe, expect, it } from 'vitest'
import { createRegistry } from '../create-registry.js'
import { readDeclaration } from '../declaration/read-declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
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
    'columns padded with spaces, seconds first',
    (i) =>
      `${1_767_225_600 + i}.123 ${String(7 ** (i % 6)).padStart(6)} 192.0.2.${i} ${i % 3 ? 'HIT ' : 'DENIED'} GET /`,
    'pattern',
    'timestamp timestamptz, number_1 integer, ip inet, field_1 text',
  ],
  [
    'padding before what ends with a quote, a bracket or the line',
    (i) =>
      `${times[i]}Z ${' '.repeat(i % 3)}"a ${i}" ${' '.repeat(i % 2)}x${i}/y  [${i}] ${' '.repeat(i % 4)}and ${i}`,
    'pattern',
    'timestamp timestamptz, field_1 text, field_2 text, number_1 integer, number_2 integer',
  ],
  [
    'seconds in brackets',
    (i) => `[${1_767_225_600 + i}] gw${i} accept`,
    'dissect',
    'timestamp timestamptz, field_1 text',
  ],
  [
    'milliseconds before cells',
    (i) => `${1_767_225_600_123 + i};192.0.2.${i};${i}`,
    'delimited',
    'timestamp timestamptz, field_2 inet, field_3 integer',
  ],
  [
    'a number before a time that is written out',
    (i) => `${1_000_000_000 + i} ${times[i]}Z gw${i}`,
    'dissect',
    'timestamp timestamptz, number_1 integer, field_1 text',
  ],
  [
    'pairs in a sentence',
    (i) => `${times[i]}Z login: user=<u${i}>, method=PLAIN, rip=192.0.2.${i}, TLS`,
    'dissect',
    'timestamp timestamptz, host text, app text, pid integer, user text, rip inet',
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
    expect(rows).toBe('header' in declared.format ? lines.length - 1 : lines.length)
  })

  it('drafts from a single line', () => {
    expect(draft([`${times[0]}Z gw1 accept 192.0.2.1 443`]).rows).toBe(1)
  })

  it('says that the rest of lines that are not alike is left to be taken apart', () => {
    const { declaration } = draft(times.map((time, i) => `${time}Z gw1 ${'word '.repeat(i % 4)}end`))
    expect(declaration).toContain('message is all the rest')
    const alike = draft(times.map((time, i) => `${time}Z gw1 accept 192.0.2.${i} 443`))
    expect(alike.declaration).not.toContain('the rest')
  })

  it.each(cases)('drafts the same for %s when other lines stand among them', (_, line) => {
    const lines = times.map((_, index) => line(index))
    const alone = draft(lines)
    const others = ['-- begin of the log --', '  at somewhere (else.ts:1)', '--MARK--', '# rotated', '']
    const mixed = draft([others[0]!, ...lines.slice(0, 9), ...others.slice(1), ...lines.slice(9), '--MARK--'])
    const formatOf = (text: string) => text.slice(text.indexOf('\nformat:')).replace(/\n {2}comment: .*/, '')
    expect(formatOf(mixed.declaration)).toBe(formatOf(alone.declaration))
    expect(mixed).toMatchObject({ rows: alone.rows, lines: alone.lines + 6 })
  })

  it('says which lines it does not take, and why', () => {
    const lines = times.map((time, i) => `${time}Z gw1 accept 192.0.2.${i} 443`)
    expect(draft(lines).refused).toEqual([])
    const { refused, rows } = draft(['gateway started', '--MARK--', ...lines, '  more', 'gateway ended'])
    expect(refused.map(({ line, reason }) => `${line.toString()} | ${reason}`)).toEqual([
      'gateway started | not recognised',
      '--MARK-- | not recognised',
      '  more | not recognised',
    ])
    expect(rows).toBe(20)
    const damaged = draft([...lines, '2026-13-15T10:23:10Z gw1 accept 192.0.2.1 443'])
    expect(damaged.refused.map(({ reason }) => reason)).toEqual([
      'bad_timestamp: timestamp: expected an ISO 8601 date and time with Z or an offset',
    ])
  })

  it('does not draft from the smaller part of the lines', () => {
    const other = times.map((_, index) => `  at somewhere (else.ts:${index})`)
    expect(() => draft([`${times[0]}Z gw1 accept`, ...other])).toThrow('no time was found')
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
