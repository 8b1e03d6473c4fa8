import { parseTemplate } from '../template.js'
import type { FormatDeclaration } from './format-schema.js'

/** What a format takes out of a text. */
export interface FormatFields {
  /** The fields that have a place of their own in the text. */
  readonly placed: readonly string[]
  /** Further fields are found by their names, whichever are declared. */
  readonly byName: boolean
}

/** Call with templates that can be parsed; a TemplateError otherwise. */
export function formatFields(format: FormatDeclaration): FormatFields {
  switch (format.kind) {
    case 'key-value':
      return { placed: placeholders(format.head), byName: true }
    case 'dissect':
      return { placed: placeholders(format.pattern), byName: false }
  }
}

function placeholders(template: string): string[] {
  return parseTemplate(template).flatMap((part) => (part.kind === 'placeholder' ? [part.name] : []))
}
