import { expect, it } from 'vitest'
import { loadLogTypes } from '../registry.js'
import { readSamples } from './read-samples.js'
import type { Sample } from './sample.js'

const registry = await loadLogTypes(new URL('../../../config/log-types', import.meta.url).pathname)
const auth = registry.byName('auth')!

function read(text: string): readonly Sample[] {
  const result = readSamples('auth.yaml', text, auth)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.samples
}

function problems(text: string): string[] {
  const result = readSamples('auth.yaml', text, auth)
  if (!('problems' in result)) throw new Error('expected problems')
  return result.problems.map(({ key, expected, got }) => `${key}: expected ${expected}; got ${got}`)
}

it('reads each kind of expectation, and where it stands', () => {
  expect(read('# first\n- line: a\n  refused: no_match\n- { line: b, unclaimed: true }\n')).toEqual([
    { fileLine: 2, line: Buffer.from('a'), expectation: { kind: 'refused', reason: 'no_match' } },
    { fileLine: 4, line: Buffer.from('b'), expectation: { kind: 'unclaimed' } },
  ])
})

it('reads when the file of a line was written', () => {
  const [sample] = read('- { line: x, fileTime: 2024-01-20T00:00:00Z, unclaimed: true }')
  expect(sample?.fileTimeMs).toBe(Date.UTC(2024, 0, 20))
})

it('takes every value as the text that stands there', () => {
  const [sample] = read('- { line: x, record: { pid: 007, status: no }, extra: { __proto__: null } }')
  expect(sample?.expectation).toEqual({
    kind: 'row',
    record: new Map([
      ['pid', '007'],
      ['status', 'no'],
    ]),
    extra: new Map([['__proto__', 'null']]),
  })
})

it('reads lines that are not text from base64', () => {
  expect(read('- { lineBase64: AP8=, unclaimed: true }')[0]?.line).toEqual(Buffer.from([0x00, 0xff]))
})

it('takes an empty list', () => {
  expect(read('[]')).toEqual([])
})

it.each([
  ['', ': expected a list of samples; got something else'],
  ['line: x', ': expected a list of samples; got something else'],
  ['- x', '[0]: expected a mapping; got something else'],
  ['- { line: x, refused: no_match, refused: no_match }', 'line 1: expected one valid YAML document'],
  ['- { lien: x }', '[0].lien: expected one of the keys line, lineBase64'],
  ['- { refused: no_match }', '[0].line: expected either line or lineBase64; got neither'],
  [
    '- { line: x, lineBase64: eA==, unclaimed: true }',
    '[0].line: expected either line or lineBase64; got both',
  ],
  ['- { lineBase64: "!", unclaimed: true }', '[0].lineBase64: expected bytes in base64; got "!"'],
  [
    '- { line: x, fileTime: 2024-01-20, unclaimed: true }',
    '[0].fileTime: expected a time such as 2024-01-20T00:00:00Z; got "2024-01-20"',
  ],
  ['- { line: "a\\nb", unclaimed: true }', '[0].line: expected one line; got a newline in it'],
  ['- { line: x }', '[0]: expected one of record, refused, unclaimed; got none of them'],
  [
    '- { line: x, record: {}, refused: no_match }',
    '[0]: expected one of record, refused, unclaimed; got record and refused',
  ],
  ['- { line: x, refused: broken }', '[0].refused: expected one of nul_byte'],
  ['- { line: x, unclaimed: false }', '[0].unclaimed: expected true; got "false"'],
  ['- { line: x, record: { source: a } }', '[0].record.source: expected a column of auth: timestamp'],
  ['- { line: x, record: { pid: [1] } }', '[0].record: expected a mapping of names to texts'],
  [
    '- { line: x, refused: no_match, extra: { a: b } }',
    '[0].extra: expected extra only beside record; got extra beside refused',
  ],
])('refuses %j', (text, problem) => {
  expect(problems(text)[0]).toContain(problem)
})

it('says everything that is wrong at once', () => {
  expect(problems('- { line: x }\n- { refused: no_match }')).toHaveLength(2)
})
