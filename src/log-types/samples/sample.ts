import type { RefusalReason } from '../line/refusal.js'

/** What a line is expected to become. */
export type Expectation =
  | {
      readonly kind: 'row'
      /** Values as text by column; a column that is not named is NULL. */
      readonly record: ReadonlyMap<string, string>
      /** Undeclared fields; without any, the column `extra` is NULL. */
      readonly extra: ReadonlyMap<string, string>
    }
  /** Recognised, and set aside for this reason. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Not for this type: another one recognises the line, or none does. */
  | { readonly kind: 'unclaimed' }

/** A line with what is to become of it, kept beside the declaration of its log type. */
export interface Sample {
  /** Where it stands in its file, from 1. */
  readonly fileLine: number
  /** Without the newline at its end. */
  readonly line: Buffer
  /** When its file was written, for times without a year. */
  readonly fileTimeMs?: number
  readonly expectation: Expectation
}
