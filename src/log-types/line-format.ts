import type { CopyWriter } from '../postgres/copy-writer.js'
import type { LineLayout } from './log-type.js'
import type { Refusal } from './refusal.js'

/**
 * How the lines of a type are taken apart. One instance belongs to one type and keeps the positions of the line it
 * took apart last; everything is synchronous, so there is only ever one line in work.
 */
export interface LineFormat {
  readonly layout: LineLayout
  /**
   * Finds the fields of the line. For declared column i, fields[2i] and fields[2i + 1] become the field's start and
   * end; an absent field has -1 as its start. Unless it refuses, every column's slots are set.
   */
  split(bytes: Buffer, start: number, end: number, fields: Int32Array): Refusal | undefined
  /** Writes the `extra` field from the fields of the line just split that no column is declared for. */
  writeExtra(bytes: Buffer, writer: CopyWriter): Refusal | undefined
}
