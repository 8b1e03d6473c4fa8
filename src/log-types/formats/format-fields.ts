import type { FormatDeclaration } from './format-schema.js'
import { parsePattern } from './pattern/parse-pattern.js'
import { fieldsOf } from './pattern/pattern-node.js'
import { parseTemplate } from './template.js'

/** What a format takes out of a text. */
export interface FormatFields {
  /** The fields that have a place of their own in the text. */
  readonly placed: readonly string[]
  /** Further fields are found by their names, whichever are declared. */
  readonly byName: boolean
}

/** Call with templates and expressions that can be parsed; a TemplateError or a PatternError otherwise. */
export function formatFields(format: FormatDeclaration): FormatFields {
  switch (format.kind) {
    case 'dissect':
      return { placed: placeholders(format.pattern), byName: false }
    case 'key-value':
    case 'logfmt':
      return { placed: placeholders(format.head), byName: true }
    case 'pattern':
      return { placed: [...new Set(fieldsOf(parsePattern(format.pattern)))], byName: false }
    case 'delimited':
      return { placed: format.fields.filter((name) => !isSkipped(name)), byName: false }
    case 'json':
      return { placed: [], byName: true }
  }
}

/** Such a name has its place in the text and is taken nowhere. */
export function isSkipped(name: string): boolean {
  return name.startsWith('_')
}

function placeholders(template: string): string[] {
  return parseTemplate(template).flatMap((part) => (part.kind === 'placeholder' ? [part.name] : []))
}
