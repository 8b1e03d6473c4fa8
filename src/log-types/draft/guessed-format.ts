import type { FormatDeclaration } from '../formats/format-schema.js'

export interface GuessedFormat {
  readonly format: FormatDeclaration
  /** The fields that it finds, in their order. */
  readonly fields: readonly string[]
  /** What a message begins with, as far as that is known; two spaces in it stand for one or more. */
  readonly template: string
}

/** This share of the messages has to have what a format needs. */
export const enough = 0.9
/** With those of an envelope and `timestamp` they fit into the columns of a type. */
export const maxFields = 56
