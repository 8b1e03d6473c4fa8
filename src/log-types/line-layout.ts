import type { Declaration } from './declaration.js'
import type { Column, LineLayout } from './log-type.js'
import { parseTemplate } from './template.js'

/** How a line of the type is put together from its columns. */
export function lineLayout(format: Declaration['format'], columns: readonly Column[]): LineLayout {
  const parts = parseTemplate(format.kind === 'dissect' ? format.pattern : format.head)
  const byField = new Map(columns.map((column) => [column.field, column.name]))
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
  return { ...layout, pairs: { ...format.pairs, fields } }
}
