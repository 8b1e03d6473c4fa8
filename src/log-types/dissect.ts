import type { CopyWriter } from '../postgres/copy-writer.js'
import type { LineFormat } from './line-format.js'
import type { Column, LineLayout } from './log-type.js'
import { createRefusal, type Refusal } from './refusal.js'
import { parseTemplate, type TemplatePart } from './template.js'
import { TemplateMatcher } from './template-matcher.js'

const trailing = createRefusal('no_match', 'expected the line to end where its pattern ends')

/** Lines whose fields have a fixed order: the whole line must match one template. */
export class DissectFormat implements LineFormat {
  readonly layout: LineLayout
  private readonly matcher: TemplateMatcher

  constructor(pattern: string, columns: readonly Column[]) {
    const parts = parseTemplate(pattern)
    this.matcher = new TemplateMatcher(parts, (name) => columns.findIndex((column) => column.field === name))
    this.layout = { parts: layoutOf(parts, columns) }
  }

  split(bytes: Buffer, start: number, end: number, fields: Int32Array): Refusal | undefined {
    const result = this.matcher.match(bytes, start, end, fields)
    if (result < 0) return this.matcher.refusal(result)
    return result === end ? undefined : trailing
  }

  writeExtra(_bytes: Buffer, writer: CopyWriter): undefined {
    writer.writeNull()
  }
}

/** A template in terms of columns instead of field names. */
export function layoutOf(parts: readonly TemplatePart[], columns: readonly Column[]): LineLayout['parts'] {
  return parts.map((part) =>
    part.kind === 'literal'
      ? { literal: part.text }
      : { column: columns.find((column) => column.field === part.name)!.name },
  )
}
