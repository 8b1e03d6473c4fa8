import type { ColumnDeclaration, Declaration } from '../declaration.js'
import { type Finding, fieldOf, repeated, templateFindings } from '../finding.js'
import { parseTemplate } from '../template.js'

/** The rules that connect the format with the columns. */
export function checkFormat({ format, columns }: Declaration): Finding[] {
  return format.kind === 'dissect'
    ? checkDissect(format.pattern, columns)
    : [...checkTemplateFields(['format', 'head'], format.head, columns), ...checkPairs(format, columns)]
}

function checkDissect(pattern: string, columns: readonly ColumnDeclaration[]): Finding[] {
  const findings = checkTemplateFields(['format', 'pattern'], pattern, columns)
  if (findings.length > 0) return findings
  const names = placeholders(pattern)
  return columns.flatMap((column, index) =>
    names.includes(fieldOf(column))
      ? []
      : [
          {
            path: ['columns', index, column.from === undefined ? 'name' : 'from'],
            expected: `a placeholder of the pattern: ${names.join(', ')}`,
            got: JSON.stringify(fieldOf(column)),
            advice: 'Add {name} to the pattern, or set from to the placeholder that is meant.',
          },
        ],
  )
}

/** Every placeholder must be a column: a raw line can be rebuilt only from fields that are kept. */
function checkTemplateFields(
  path: readonly PropertyKey[],
  template: string,
  columns: readonly ColumnDeclaration[],
): Finding[] {
  const findings = templateFindings(path, () => void parseTemplate(template))
  if (findings.length > 0) return findings
  const known = columns.map(fieldOf)
  const names = placeholders(template)
  return names.flatMap((name, index) => {
    if (!known.includes(name)) {
      const advice = `Declare a column with the name ${name}, or with from: ${name}.`
      return [{ path, expected: 'placeholders that are columns', got: `{${name}}`, advice }]
    }
    return names.indexOf(name) === index ? [] : [repeated(path, name)]
  })
}

function placeholders(template: string): string[] {
  return parseTemplate(template).flatMap((part) => (part.kind === 'placeholder' ? [part.name] : []))
}

function checkPairs(
  { head, pairs }: Extract<Declaration['format'], { kind: 'key-value' }>,
  columns: readonly ColumnDeclaration[],
): Finding[] {
  const findings: Finding[] = []
  if (pairs.separator === pairs.assign) {
    findings.push({
      path: ['format', 'pairs', 'assign'],
      expected: 'a character other than the separator',
      got: JSON.stringify(pairs.assign),
      advice: 'Choose different characters.',
    })
  }
  if (templateFindings([], () => void parseTemplate(head)).length > 0) return findings
  if (parseTemplate(head).at(-1)?.kind === 'placeholder') {
    findings.push({
      path: ['format', 'head'],
      expected: 'a literal at the end of the head, so that the pairs begin somewhere',
      got: JSON.stringify(head),
      advice: 'Add the literal that separates the head from the pairs.',
    })
  }
  const inHead = placeholders(head)
  columns.forEach((column, index) => {
    const key = fieldOf(column)
    if (inHead.includes(key) || !(key.includes(pairs.separator) || key.includes(pairs.assign))) return
    findings.push({
      path: ['columns', index, column.from === undefined ? 'name' : 'from'],
      expected: 'a key without the separator and the assign character',
      got: JSON.stringify(key),
      advice: 'Correct the key.',
    })
  })
  return findings
}
