import type { Client } from 'pg'
import type { NaiveParse } from '../../naive/parse-line.js'
import type { MessageFormat } from './message-format.js'

export const LEVEL_NAMES = ['batching', 'typed', 'compression', 'concurrency', 'copy'] as const
export type LevelName = (typeof LEVEL_NAMES)[number]

/** A parsed line on its way into a table. */
export interface LevelRow extends NaiveParse {
  readonly rawLine: string
  readonly sourceFile: string
}

/** A step from the naive pipeline to a good one; each takes over all of the one before it but one thing. */
export interface Level {
  readonly name: LevelName
  readonly title: string
  /** How lines travel through the list in Redis. */
  readonly format: MessageFormat
  /** Processes that take messages from the list, each with one connection. */
  readonly processors: number
  createTables(client: Client): Promise<void>
  /** Writes the rows of one message, within a transaction that the caller commits. */
  store(client: Client, rows: readonly LevelRow[]): Promise<void>
}
