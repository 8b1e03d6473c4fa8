import { type FieldUse, type Finding, repeated, templateFindings } from '../finding.js'
import { parseTemplate } from '../template.js'
import { formatFields } from './format-fields.js'
import type { FormatDeclaration } from './format-schema.js'

/**
 * The rules of one format, which stands at `path`, and what connects it with the fields that are used: every
 * placeholder must be used, or what it takes would be lost.
 */
export function checkFormat(
  format: FormatDeclaration,
  path: readonly PropertyKey[],
  uses: readonly FieldUse[],
): Finding[] {
  return format.kind === 'dissect'
    ? checkTemplate(format, [...path, 'pattern'], format.pattern, uses)
    : [...checkTemplate(format, [...path, 'head'], format.head, uses), ...checkPairs(format, path, uses)]
}

function checkTemplate(
  format: FormatDeclaration,
  path: readonly PropertyKey[],
  template: string,
  uses: readonly FieldUse[],
): Finding[] {
  const findings = templateFindings(path, () => void parseTemplate(template))
  if (findings.length > 0) return findings
  const { placed } = formatFields(format)
  return placed.flatMap((name, index) => {
    if (!uses.some((use) => use.name === name)) {
      const advice = `Declare a column with the name ${name}, or with from: ${name}.`
      return [{ path, expected: 'placeholders that are columns', got: `{${name}}`, advice }]
    }
    return placed.indexOf(name) === index ? [] : [repeated(path, name)]
  })
}

function checkPairs(
  format: Extract<FormatDeclaration, { kind: 'key-value' }>,
  path: readonly PropertyKey[],
  uses: readonly FieldUse[],
): Finding[] {
  const findings: Finding[] = []
  const { head, pairs } = format
  if (pairs.separator === pairs.assign) {
    findings.push({
      path: [...path, 'pairs', 'assign'],
      expected: 'a character other than the separator',
      got: JSON.stringify(pairs.assign),
      advice: 'Choose different characters.',
    })
  }
  if (templateFindings([], () => void parseTemplate(head)).length > 0) return findings
  if (parseTemplate(head).at(-1)?.kind === 'placeholder') {
    findings.push({
      path: [...path, 'head'],
      expected: 'a literal at the end of the head, so that the pairs begin somewhere',
      got: JSON.stringify(head),
      advice: 'Add the literal that separates the head from the pairs.',
    })
  }
  const { placed } = formatFields(format)
  for (const { name, path: usePath } of uses) {
    if (placed.includes(name) || !(name.includes(pairs.separator) || name.includes(pairs.assign))) continue
    findings.push({
      path: usePath,
      expected: 'a key without the separator and the assign character',
      got: JSON.stringify(name),
      advice: 'Correct the key.',
    })
  }
  return findings
}
