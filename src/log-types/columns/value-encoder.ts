import type { CopyWriter } from '../../postgres/copy-writer.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedLine } from '../log-type.js'

/** The encoding of a column that encode-column.ts does not do itself. One instance belongs to one column. */
export interface ValueEncoder {
  /**
   * Writes the value [start, end) as one field of the tuple, or returns why not, with anything or nothing written: the
   * tuple is then given up. Called for values that are not empty; with -1, -1 where `takesAbsent`. Never throws,
   * whatever the bytes are.
   */
  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter, out: EncodedLine): Refusal | undefined

  /** Is asked for absent values, too. */
  readonly takesAbsent?: boolean
}
