import { type FieldUse, type Finding, repeated, templateFindings } from '../declaration/finding.js'
import { formatFields, isSkipped } from './format-fields.js'
import type { FormatDeclaration } from './format-schema.js'
import { checkPattern } from './pattern/check-pattern.js'
import { PatternError } from './pattern/pattern-error.js'
import { parseTemplate } from './template.js'

type Path = readonly PropertyKey[]
type FormatOf<Kind extends FormatDeclaration['kind']> = Extract<FormatDeclaration, { kind: Kind }>

/**
 * The rules of one format, which stands at `path`, and what connects it with the fields that are used: every
 * placeholder must be used, or what it takes would be lost.
 */
export function checkFormat(format: FormatDeclaration, path: Path, uses: readonly FieldUse[]): Finding[] {
  switch (format.kind) {
    case 'dissect':
      return checkTemplate(format, [...path, 'pattern'], format.pattern, uses)
    case 'key-value':
      return [...checkHead(format, path, uses), ...checkPairs(format, path, uses)]
    case 'logfmt':
      return checkHead(format, path, uses)
    case 'pattern':
      return checkExpression(format.pattern, [...path, 'pattern'], uses)
    case 'delimited':
      return checkDelimited(format, path)
    case 'json':
      return checkPointers(uses)
  }
}

function checkTemplate(
  format: FormatDeclaration,
  path: Path,
  template: string,
  uses: readonly FieldUse[],
): Finding[] {
  const findings = templateFindings(path, () => void parseTemplate(template))
  if (findings.length > 0) return findings
  const { placed } = formatFields(format)
  return placed.flatMap((name, index) => {
    if (!isSkipped(name) && !uses.some((use) => use.name === name)) return [unused(path, name, `{${name}}`)]
    return placed.indexOf(name) === index ? [] : [repeated(path, name)]
  })
}

function unused(path: Path, name: string, got: string): Finding {
  const advice = `Declare a column with the name ${name}, or with from: ${name}.`
  return { path, expected: 'placeholders that are columns', got, advice }
}

function checkHead(
  format: FormatOf<'key-value' | 'logfmt'>,
  path: Path,
  uses: readonly FieldUse[],
): Finding[] {
  const { head } = format
  const findings = checkTemplate(format, [...path, 'head'], head, uses)
  if (templateFindings([], () => void parseTemplate(head)).length > 0) return findings
  if (parseTemplate(head).at(-1)?.kind !== 'placeholder') return findings
  const advice = 'Add the literal that separates the head from the pairs.'
  const expected = 'a literal at the end of the head, so that the pairs begin somewhere'
  return [...findings, { path: [...path, 'head'], expected, got: JSON.stringify(head), advice }]
}

function checkPairs(format: FormatOf<'key-value'>, path: Path, uses: readonly FieldUse[]): Finding[] {
  const { head, pairs } = format
  const findings = checkMarks(pairs, [...path, 'pairs'])
  if (templateFindings([], () => void parseTemplate(head)).length > 0) return findings
  const { placed } = formatFields(format)
  const { separator, assign, quote } = pairs
  for (const { name, path: usePath } of uses) {
    if (placed.includes(name)) continue
    if (![separator, assign, quote].some((mark) => mark !== undefined && name.includes(mark))) continue
    const expected = 'a key without the separator and the assign character'
    findings.push({ path: usePath, expected, got: JSON.stringify(name), advice: 'Correct the key.' })
  }
  return findings
}

/** No character has two meanings. */
function checkMarks(marks: object, path: Path): Finding[] {
  const seen = new Map<string, string>()
  const findings: Finding[] = []
  for (const key of ['separator', 'assign', 'delimiter', 'quote', 'escape']) {
    const mark: unknown = Reflect.get(marks, key)
    if (typeof mark !== 'string') continue
    const before = seen.get(mark)
    if (before === undefined) seen.set(mark, key)
    else {
      const expected = `a character other than the ${before}`
      const advice = 'Choose different characters.'
      findings.push({ path: [...path, key], expected, got: JSON.stringify(mark), advice })
    }
  }
  return findings
}

function checkExpression(expression: string, path: Path, uses: readonly FieldUse[]): Finding[] {
  let fields: string[]
  try {
    fields = checkPattern(expression)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const { expected, got, advice } = error
    return [{ path, expected, got, advice }]
  }
  const taken = new Set(uses.map(({ name }) => name))
  return fields.filter((name) => !taken.has(name)).map((name) => unused(path, name, JSON.stringify(name)))
}

function checkDelimited(format: FormatOf<'delimited'>, path: Path): Finding[] {
  const findings = checkMarks(format, path)
  const { fields, atLeast } = format
  if (atLeast !== undefined && atLeast > fields.length) {
    const expected = `a number of fields that are declared, at most ${fields.length}`
    findings.push({ path: [...path, 'atLeast'], expected, got: `${atLeast}`, advice: 'Correct the number.' })
  }
  fields.forEach((name, index) => {
    if (!isSkipped(name) && fields.indexOf(name) < index)
      findings.push(repeated([...path, 'fields', index], name))
  })
  return findings
}

function checkPointers(uses: readonly FieldUse[]): Finding[] {
  return uses.flatMap(({ name, path }) => {
    if (!name.startsWith('/') || !name.slice(1).split('/').includes('')) return []
    const expected = 'a pointer such as /user/name, without empty parts'
    return [{ path, expected, got: JSON.stringify(name), advice: 'Correct the pointer.' }]
  })
}
