import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { core } from 'zod'
import { checkDeclaration } from './check-declaration.js'
import { type Declaration, declarationSchema } from './declaration.js'
import type { DeclarationProblem } from './declaration-error.js'
import type { Finding } from './finding.js'

export type DeclarationResult =
  | { readonly declaration: Declaration }
  | { readonly problems: readonly DeclarationProblem[] }

/** The text of one declaration file as a declaration, or everything that is wrong with it. `file` is for messages. */
export function readDeclaration(file: string, text: string): DeclarationResult {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    return {
      problems: broken.map((error) => ({
        file,
        key: `line ${lineCounter.linePos(error.pos[0]).line}`,
        expected: 'one valid YAML document',
        got: error.message,
        advice: 'Correct the YAML.',
      })),
    }
  }
  let content: unknown
  try {
    // Aliases that multiply ("billion laughs") are refused by the library.
    content = document.toJS()
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error)
    return { problems: [{ file, key: '', expected: 'plain YAML', got, advice: 'Write the aliases out.' }] }
  }
  // For some dozens of files it does not pay to have the library write code for each mapping.
  const result = declarationSchema.safeParse(content, { jitless: true })
  const findings = result.success
    ? checkDeclaration(result.data)
    : result.error.issues.flatMap((issue) => describeIssue(issue, content))
  if (result.success && findings.length === 0) return { declaration: result.data }
  return {
    problems: findings.map(({ path, ...rest }) => {
      return { file, line: lineOf(document, lineCounter, path), key: formatKey(path), ...rest }
    }),
  }
}

/** The line of the value at `path`; of what it should be in, where it is not there. */
function lineOf(
  document: Document.Parsed,
  lineCounter: LineCounter,
  path: readonly PropertyKey[],
): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range != null) return lineCounter.linePos(node.range[0]).line
  }
  return undefined
}

function describeIssue(issue: core.$ZodIssue, content: unknown): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      expected: issue.message,
      got: 'an unknown key',
      advice: 'Correct the spelling of the key, or remove it.',
    }))
  }
  const value = valueAt(content, issue.path)
  const advice = value === undefined ? 'Add the key.' : 'Correct the value.'
  return [{ path: issue.path, expected: issue.message, got: showValue(value), advice }]
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a mapping'
  if (typeof value === 'string' && value.length > 80) return `a text of ${value.length} characters`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** columns[2].type */
function formatKey(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === 'number') return `${key}[${part}]`
    return key === '' ? String(part) : `${key}.${String(part)}`
  }, '')
}
