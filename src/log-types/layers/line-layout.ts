import type { Declaration } from '../declaration/declaration.js'
import { isOuterField } from '../declaration/field-plan.js'
import { fieldsOf } from '../declaration/finding.js'
import { isPlainFormat } from '../formats/format-schema.js'
import { parseTemplate } from '../formats/template.js'
import type { Column, LineLayout } from '../log-type.js'

/** How a line of the type is put together from its columns; undefined where it cannot be. */
export function lineLayout(
  { format, envelope, extract, keepLine, columns: declared }: Declaration,
  columns: readonly Column[],
): LineLayout | 'kept' | undefined {
  if (keepLine) return 'kept'
  if (envelope !== undefined || extract.length > 0) return undefined
  if (columns.some(({ field }) => isOuterField(field))) return undefined
  if (declared.some((column) => fieldsOf(column).length > 1)) return undefined
  if (format.kind === 'alternatives' || !isPlainFormat(format)) return undefined
  const parts = parseTemplate(format.kind === 'dissect' ? format.pattern : format.head)
  const byField = new Map(columns.map((column) => [column.field, column.name]))
  // What is skipped is not kept.
  if (parts.some((part) => part.kind === 'placeholder' && !byField.has(part.name))) return undefined
  const layout = {
    parts: parts.map((part) =>
      part.kind === 'literal' ? { literal: part.text } : { column: byField.get(part.name)! },
    ),
  }
  if (format.kind === 'dissect') return layout
  const inHead = new Set(parts.map((part) => (part.kind === 'placeholder' ? part.name : undefined)))
  const fields = columns.flatMap(({ field, name }) =>
    inHead.has(field) ? [] : [{ key: field, column: name }],
  )
  const { separator, assign } = format.pairs
  return { ...layout, pairs: { separator, assign, fields } }
}
