import type { BatchCount } from '../ledger/committed-chunks.js'
import type { ChangeReport } from './line-changes.js'
import type { Refusal } from './refusals.js'

export interface ReprocessProgress {
  readonly batches: number
  readonly totalBatches: number
  readonly lines: number
  readonly seconds: number
}

export interface ReprocessResult {
  /** Batches of the selection. */
  readonly batches: number
  /** Of them: swapped (in a dry run: compared), and the lines that were parsed for that. */
  readonly swapped: number
  /** Of the swapped ones: with their whole chunk, whose lines are sorted into types anew. */
  readonly sortedAnew: number
  readonly lines: number
  /** What these lines are now; in a dry run, what they would be. */
  readonly rows: number
  readonly deadLetters: number
  /** Done before, by the interrupted command that this one went on with or by one at the same time. */
  readonly alreadyDone: number
  /** Left, since lines of their chunk are still on their way. */
  readonly inFlight: number
  /** Left, since their lines could not be read again. */
  readonly refused: number
  readonly refusals: readonly Refusal[]
  /** Batches of the type without any row, whenever read: without a time, no window has them. */
  readonly withoutTime: BatchCount
  /** Goes on with a command that was interrupted. */
  readonly resumed: boolean
  readonly seconds: number
  /** Of a dry run. */
  readonly changes?: ChangeReport
}
