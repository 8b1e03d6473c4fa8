import { Literal } from '../../bytes/literal.js'
import { type EncodedColumn, OTHER } from '../../columns/encoded-column.js'
import type { Declaration } from '../../declaration/declaration.js'
import { isOuterField } from '../../declaration/field-plan.js'
import { fieldOf, fieldsOf } from '../../declaration/finding.js'
import { isPlainFormat } from '../../formats/format-schema.js'
import { parseTemplate } from '../../formats/template.js'
import { UsualStep } from './usual-step.js'

/**
 * The steps of a line, a step a column, and the literal before the first. Undefined for a line that is taken apart in
 * several steps, or whose values may be written in several ways; when the columns are declared in another order than
 * they have in the line, since a tuple is written from one end to the other; or when there is a column that no scan is
 * made for.
 */
export function compileSteps(
  { format, columns, envelope, extract, keepLine }: Declaration,
  encoded: readonly EncodedColumn[],
): { readonly leading: Literal; readonly steps: readonly UsualStep[] } | undefined {
  if (encoded.some(({ kind }) => kind === OTHER)) return undefined
  if (envelope !== undefined || extract.length > 0 || keepLine) return undefined
  if (columns.some((column) => isOuterField(fieldOf(column)) || fieldsOf(column).length > 1)) return undefined
  if (format.kind === 'alternatives' || !isPlainFormat(format)) return undefined
  const parts = parseTemplate(format.kind === 'dissect' ? format.pattern : format.head)
  const steps: UsualStep[] = []
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'literal') continue
    const column = columns[steps.length]
    if (column === undefined || fieldOf(column) !== part.name) return undefined
    const next = parts[index + 1]
    const after = new Literal(next?.kind === 'literal' ? next.text : '')
    steps.push(new UsualStep(encoded[steps.length]!, undefined, after, part.toLast))
  }
  if (format.kind === 'key-value') {
    const { separator, assign } = format.pairs
    for (const column of columns.slice(steps.length)) {
      const key = new Literal(fieldOf(column) + assign)
      steps.push(new UsualStep(encoded[steps.length]!, key, new Literal(separator), false))
    }
  }
  const [first] = parts
  return { leading: new Literal(first?.kind === 'literal' ? first.text : ''), steps }
}
