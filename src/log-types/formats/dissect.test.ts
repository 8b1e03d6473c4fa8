import { describe, expect, it } from 'vitest'
import { readDeclaration } from '../declaration/read-declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { parseLine } from '../parse-line.js'

function typeOf(pattern: string, fields: readonly string[]): DeclaredLogType {
  const columns = fields.map((name) => `  - { name: ${name}, type: text, required: true }`)
  const result = readDeclaration(
    'test.yaml',
    `
name: test
version: 1
table: test_logs
detect: ["{token} "]
format: { kind: dissect, pattern: "${pattern}" }
columns:
  - { name: timestamp, type: timestamptz, required: true }
${columns.join('\n')}
`,
  )
  if (!('declaration' in result)) throw new Error(JSON.stringify(result))
  return new DeclaredLogType(result.declaration)
}

const TIME = '2024-01-15T10:23:45Z'

/** The text columns, or the reason and detail of the refusal. */
function dissect(type: DeclaredLogType, line: string): (string | null)[] | string {
  const parsed = parseLine(type, line)
  if ('refusal' in parsed) return `${parsed.refusal.reason}: ${parsed.refusal.detail}`
  return [...parsed.row.values()].slice(1, -1)
}

describe('dissected lines', () => {
  const type = typeOf('<{timestamp}> {user*} from {host}: {text}', ['user', 'host', 'text'])

  it('give the runs between the literals, the last one to the end of the line', () => {
    expect(dissect(type, `<${TIME}> bob from a: b: c`)).toEqual(['bob', 'a', 'b: c'])
  })

  it('take a starred field up to the last occurrence of what follows it', () => {
    expect(dissect(type, `<${TIME}> eve from a: x from b: y`)).toEqual(['eve from a: x', 'b', 'y'])
  })

  it('are refused whole where a literal is missing or a field is empty', () => {
    expect(dissect(type, `${TIME}> bob from a: b`)).toBe('no_match: expected "<" at the start of the line')
    expect(dissect(type, `<${TIME}> bob of a: b`)).toBe('no_match: expected " from " after user')
    expect(dissect(type, `<${TIME}> bob from a`)).toBe('no_match: expected ": " after host')
    expect(dissect(type, `<${TIME}>  from a: b`)).toBe('no_match: expected user, which is empty')
    expect(dissect(type, `<${TIME}> bob from a: `)).toBe('no_match: expected text, which is empty')
    expect(dissect(type, '')).toMatch(/^no_match/)
  })

  it('must end where the pattern ends', () => {
    const closed = typeOf('{timestamp} [{text}]', ['text'])
    expect(dissect(closed, `${TIME} [a]`)).toEqual(['a'])
    expect(dissect(closed, `${TIME} [a] `)).toBe('no_match: expected the line to end where its pattern ends')
    expect(dissect(closed, `${TIME} [a] b]`)).toMatch(/^no_match/)
  })

  it('find literals that overlap themselves', () => {
    const overlapping = typeOf('{timestamp} {a}--->{b}', ['a', 'b'])
    expect(dissect(overlapping, `${TIME} x----->y`)).toEqual(['x--', 'y'])
  })
})
