import type { Fields } from '../line/fields.js'
import type { Refusal } from '../line/refusal.js'

/**
 * How the lines of a type are taken apart. One instance belongs to one type; everything is synchronous, so there is
 * only ever one line in work.
 */
export interface LineFormat {
  /**
   * Finds the fields of the text [start, end) of `bytes`: sets the slots of those that are there, and puts what no
   * column is declared for into `fields.extra`. The slots of all others stay as they are, which is absent.
   * Never throws, whatever the bytes are.
   */
  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined
}
