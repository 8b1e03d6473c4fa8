import type { ColumnDeclaration } from '../columns/column-schema.js'
import { TemplateError } from '../formats/template.js'

/** Something wrong in a declaration, not yet tied to its file. */
export interface Finding {
  readonly path: readonly PropertyKey[]
  readonly expected: string
  readonly got: string
  readonly advice: string
}

export function reserved(path: readonly PropertyKey[], name: string): Finding {
  return {
    path,
    expected: 'a name that is not reserved',
    got: JSON.stringify(name),
    advice: 'Choose another name.',
  }
}

export function repeated(path: readonly PropertyKey[], name: string): Finding {
  return {
    path,
    expected: 'every name once',
    got: `${JSON.stringify(name)} again`,
    advice: 'Rename or remove one of the two.',
  }
}

/** Runs what throws a TemplateError on a template that is wrong. */
export function templateFindings(path: readonly PropertyKey[], compile: () => void): Finding[] {
  try {
    compile()
    return []
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return [{ path, expected: error.expected, got: error.got, advice: 'Correct the template.' }]
  }
}

/** The fields that a column may come from: the first of them that a line has. Usually one. */
export function fieldsOf({ from, name }: ColumnDeclaration): readonly string[] {
  return typeof from === 'object' ? from : [from ?? name]
}

/** A column's name in the line; of several the first. */
export function fieldOf(column: ColumnDeclaration): string {
  return fieldsOf(column)[0]!
}

/** A field that a column or an `extract` takes, and the key that says so. */
export interface FieldUse {
  readonly name: string
  readonly path: readonly PropertyKey[]
}
