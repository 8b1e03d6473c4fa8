import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { describeProblem } from './declaration-error.js'
import { readDeclaration } from './read-declaration.js'

const VALID = `
name: web
version: 1
table: web_logs
detect: ["{token} {token} "]
format: { kind: dissect, pattern: "{time} {client} {status}" }
columns:
  - { name: timestamp, from: time, type: timestamptz, required: true }
  - { name: client, type: inet, required: true }
  - { name: status, type: integer, min: 100, max: 599 }
indexes: [[client, timestamp]]
`

/** The problems of the valid declaration with the value at `path` replaced, or removed. */
function problemsWith(path: string, value: unknown): string[] {
  const content = parse(VALID) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  let parent = content as Record<string, unknown>
  for (const key of keys) parent = parent[key] as Record<string, unknown>
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return problemsOf(stringify(content))
}

function problemsOf(text: string): string[] {
  const result = readDeclaration('web.yaml', text)
  return 'problems' in result ? result.problems.map(describeProblem) : []
}

const KEY_VALUE = { kind: 'key-value', head: '{time}|', pairs: { separator: '|', assign: '=' } }

describe('readDeclaration', () => {
  it('takes a valid declaration and fills in what may be left out', () => {
    const result = readDeclaration('web.yaml', VALID)
    expect(result).toMatchObject({
      declaration: { name: 'web', order: 100, dedup: 'none', columns: [{}, {}, { required: false }] },
    })
    expect(problemsWith('indexes', undefined)).toEqual([])
    expect(problemsWith('order', 7)).toEqual([])
    expect(problemsWith('format', KEY_VALUE)).toEqual([])
    expect(problemsWith('format', { kind: 'logfmt' })).toEqual([])
    expect(problemsWith('format', { kind: 'json' })).toEqual([])
    expect(
      problemsWith('format', { kind: 'pattern', pattern: '%{NOTSPACE:time} %{IP:client} %{INT:status}' }),
    ).toEqual([])
    expect(
      problemsWith('format', {
        kind: 'delimited',
        delimiter: ',',
        fields: ['time', '_', 'client', 'status', 'new'],
      }),
    ).toEqual([])
    expect(problemsWith('dedup', 'record')).toEqual([])
  })

  it.each([
    ['name', undefined, /^web\.yaml(?::\d+)?: name: expected a name of .*; got nothing$/],
    ['name', 'Web', /name: expected a name of .*; got "Web"$/],
    ['name', '1web', /name: expected/],
    ['name', 'a'.repeat(64), /name: expected/],
    ['name', 'web"; drop table x; --', /name: expected/],
    ['name', 5, /name: expected .*; got 5$/],
    ['name', 'unclassified', /name: expected a name that is not reserved; got "unclassified"$/],
    ['name', '__proto__', /name: expected a name that is not reserved/],
    ['version', undefined, /version: expected a whole number from 1 to 32767; got nothing$/],
    ['version', 0, /version: expected .*; got 0$/],
    ['version', 32_768, /version: expected/],
    ['version', 1.5, /version: expected/],
    ['version', '1', /version: expected .*; got "1"$/],
    ['order', -1, /order: expected/],
    ['table', undefined, /table: expected/],
    ['table', 'logs', /table: expected a name that is not reserved/],
    ['table', 't'.repeat(49), /table: expected a table name of at most 48 bytes.*; got 49 bytes$/],
    ['dedup', true, /dedup: expected one of none, record; got true$/],
    ['detect', undefined, /detect: expected a list of 1 to 16 templates; got nothing$/],
    ['detect', [], /detect: expected .*; got a list of 0$/],
    ['detect', '{token}', /detect: expected a list/],
    ['detect', ['{word} '], /detect\[0\]: expected no placeholders but \{token\} and \{key\}; got \{word\}$/],
    ['detect', ['ok', '{token'], /detect\[1\]: expected a placeholder that is closed/],
    ['format', undefined, /format: expected a format: a mapping.*; got nothing$/],
    ['format.kind', 'regex', /format\.kind: expected one of dissect, .*, json; got "regex"$/],
    ['format.pattern', undefined, /format\.pattern: expected a template.*; got nothing$/],
    [
      'format.pattern',
      '{time}{client}',
      /format\.pattern: expected literal text between two placeholders; got \{time\}\{client\}$/,
    ],
    [
      'format.pattern',
      '{time} {client} {status} {other}',
      /format\.pattern: expected placeholders that are columns; got \{other\}$/,
    ],
    [
      'format.pattern',
      '{time} {client} {status} {status}',
      /format\.pattern: expected every name once; got "status" again$/,
    ],
    [
      'format.pattern',
      '{time} {client}',
      /columns\[2\]\.name: expected a placeholder of the pattern: time, client; got "status"$/,
    ],
    [
      'format',
      { kind: 'pattern', pattern: '(?<time>.*) (?<client>.*) (?<status>.*)x' },
      /format\.pattern: expected an expression that no text fits in more than 100 ways.*; got `\.\*` and `\.\*`/,
    ],
    [
      'format',
      { kind: 'pattern', pattern: '%{NOTSPACE:time} %{IP:client} %{INT:status} %{WORD:word}' },
      /format\.pattern: expected placeholders that are columns; got "word"$/,
    ],
    [
      'format',
      { kind: 'pattern', pattern: '%{NOTSPACE:time} %{IP:client}' },
      /columns\[2\]\.name: expected a placeholder of the pattern: time, client; got "status"$/,
    ],
    [
      'format',
      { kind: 'delimited', delimiter: ',', fields: ['time', 'client', 'status', 'time'] },
      /format\.fields\[3\]: expected every name once; got "time" again$/,
    ],
    [
      'format',
      { kind: 'delimited', delimiter: ',', quote: ',', fields: ['time', 'client', 'status'] },
      /format\.quote: expected a character other than the delimiter; got ","$/,
    ],
    ['format', { kind: 'logfmt', head: '{time}' }, /format\.head: expected a literal at the end/],
    ['format', { ...KEY_VALUE, head: '{time}' }, /format\.head: expected a literal at the end/],
    ['format', { ...KEY_VALUE, head: '{other}|' }, /format\.head: expected placeholders that are columns/],
    [
      'format',
      { ...KEY_VALUE, pairs: { separator: '|' } },
      /format\.pairs\.assign: expected one printable.*; got nothing$/,
    ],
    [
      'format',
      { ...KEY_VALUE, pairs: { separator: '||', assign: '=' } },
      /format\.pairs\.separator: expected one printable/,
    ],
    [
      'format',
      { ...KEY_VALUE, pairs: { separator: 'ä', assign: '=' } },
      /format\.pairs\.separator: expected one printable/,
    ],
    [
      'format',
      { ...KEY_VALUE, pairs: { separator: '=', assign: '=' } },
      /format\.pairs\.assign: expected a character other/,
    ],
    [
      'format',
      { ...KEY_VALUE, pairs: { separator: 'c', assign: '=' } },
      /columns\[1\]\.name: expected a key without/,
    ],
    ['columns', [], /columns: expected a list of 1 to 64 columns/],
    ['columns', 'timestamp', /columns: expected a list of 1 to 64 columns; got "timestamp"$/],
    ['columns.1', 'client', /columns\[1\]: expected a column: a mapping.*; got "client"$/],
    ['columns.0.name', 'time', /columns: expected a column named timestamp of type timestamptz.*; got none$/],
    [
      'columns.0.required',
      false,
      /columns\[0\]: expected a column named timestamp.*; got type timestamptz, required false$/,
    ],
    [
      'columns.0.type',
      'text',
      /columns\[0\]: expected a column named timestamp.*; got type text, required true$/,
    ],
    [
      'columns.1.type',
      'ip',
      /columns\[1\]\.type: expected one of text, enum, smallint, integer, .*; got "ip"$/,
    ],
    ['columns.1.type', undefined, /columns\[1\]\.type: expected one of text,.*; got nothing$/],
    ['columns.1.required', 'yes', /columns\[1\]\.required: expected true or false; got "yes"$/],
    ['columns.1.from', 'a b', /columns\[1\]\.from: expected a field name/],
    ['columns.1.from', 'status', /columns\[2\]\.name: expected every name once; got "status" again$/],
    ['columns.2.name', 'client', /columns\[2\]\.name: expected every name once; got "client" again$/],
    ['columns.2.min', 600, /columns\[2\]\.max: expected a number not below min, 600; got 599$/],
    ['columns.2.max', 2 ** 31, /columns\[2\]\.max: expected a whole number/],
    [
      'columns.2.maxBytes',
      10,
      /columns\[2\]\.maxBytes: expected one of the keys name, from, required, .*, type, min, max; got an unknown key$/,
    ],
    ['columns.1.min', 0, /columns\[1\]\.min: expected one of the keys/],
    [
      'indexes',
      [['nothing']],
      /indexes\[0\]\[0\]: expected one of the columns timestamp, client, status; got "nothing"$/,
    ],
    ['indexes', [[]], /indexes\[0\]: expected a list of 1 to 16 column names/],
    ['indexes', [['client', 'client']], /indexes\[0\]: expected every name once/],
    ['indexes', [['client'], ['client']], /indexes\[1\]: expected every name once/],
    [
      'tabel',
      'x',
      /web\.yaml(?::\d+)?: tabel: expected one of the keys name, version, order,.*; got an unknown key$/,
    ],
  ])('refuses %s: %j', (path, value, expected) => {
    const problems = problemsWith(path, value)
    expect(problems.join('\n')).toMatch(new RegExp(expected.source, 'm'))
    for (const problem of problems) expect(problem).toMatch(/^web\.yaml(?::\d+)?: /)
  })

  it.each(['extra', 'source_id', 'line_offset', 'parser_version', 'ctid', 'xmin', '__proto__'])(
    'refuses the reserved column name %s',
    (name) => {
      expect(problemsWith('columns.2', { name, from: 'status', type: 'text' })).toEqual([
        expect.stringMatching(
          new RegExp(`columns\\[2\\]\\.name: expected a name that is not reserved; got "${name}"$`),
        ),
      ])
    },
  )

  it('refuses an index whose entries could be too large for a page', () => {
    const text = (maxBytes: number) => ({ name: 'status', type: 'text', maxBytes })
    const content = { ...(parse(VALID) as { columns: unknown[] }), indexes: [['status']] }
    content.columns[2] = text(2680)
    expect(problemsOf(stringify(content))).toEqual([])
    content.columns[2] = text(2681)
    expect(problemsOf(stringify(content))[0]).toMatch(/indexes\[0\]: expected columns of at most 2688 bytes/)
  })

  it('names every problem of a file at once', () => {
    expect(problemsOf('name: X\nversion: 0\nfoo: 1\nbar: 2\n').length).toBeGreaterThanOrEqual(7)
  })

  it.each([
    ['broken YAML', 'name: [', /line 1: expected one valid YAML document/],
    [
      'a key that comes twice',
      'name: a\nname: b\n',
      /line 2: expected one valid YAML document; got .*unique/,
    ],
    ['two documents', 'name: a\n---\nname: b\n', /expected one valid YAML document/],
    ['an unknown tag', 'name: !!js/function "x"\n', /expected one valid YAML document/],
    [
      'no mapping',
      '- name\n',
      /^web\.yaml(?::\d+)?: expected a mapping with the keys of a log type; got a list of 1$/,
    ],
    ['nothing', '', /^web\.yaml(?::\d+)?: expected a mapping with the keys of a log type; got null$/],
  ])('refuses %s', (_, text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected)
  })

  it('names the line of a key, or of what a missing one should be in', () => {
    const lines = VALID.split('\n')
    const lineWith = (text: string) => lines.findIndex((line) => line.includes(text)) + 1
    const problems = problemsOf(VALID.replace('type: inet', 'type: net').replace('{ kind: dissect,', '{'))
    expect(problems).toEqual([
      expect.stringMatching(`^web.yaml:${lineWith('format:')}: format.kind: expected`),
      expect.stringMatching(`^web.yaml:${lineWith('type: inet')}: columns`),
    ])
    expect(problemsOf(VALID.replace('version: 1', ''))[0]).toMatch(/^web\.yaml: version: expected/)
  })

  it('says what to do', () => {
    const result = readDeclaration('web.yaml', VALID.replace('version: 1', 'vresion: 1'))
    const advice = 'problems' in result ? result.problems.map((problem) => problem.advice) : []
    expect(advice).toEqual(['Add the key.', 'Correct the spelling of the key, or remove it.'])
  })

  it('keeps keys of objects apart from their properties', () => {
    expect(problemsOf(`${VALID}__proto__: { order: 1 }\n`)).toEqual([
      expect.stringMatching(/^web\.yaml(?::\d+)?: __proto__: expected one of the keys/),
    ])
  })
})
