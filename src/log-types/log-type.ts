import type { CopyWriter } from '../postgres/copy-writer.js'
import type { ColumnType } from './columns/sql-type.js'
import type { Declaration } from './declaration/declaration.js'
import type { RetentionGoal } from './declaration/retention-schema.js'
import type { Rollup } from './declaration/rollup.js'
import type { Detection } from './detection/detection.js'
import type { LineSource } from './line/line-source.js'
import type { Multiline } from './line/multiline.js'
import type { Refusal } from './line/refusal.js'

export type { ColumnType } from './columns/sql-type.js'
export type { Refusal, RefusalReason } from './line/refusal.js'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** NOT NULL in the table; a line without the field is refused. */
  readonly required: boolean
  /** The field's name in the line: a key, or a placeholder of the pattern. */
  readonly field: string
}

/** Out parameter of encodeLine; one object is reused for all lines of a batch. */
export interface EncodedLine {
  /** Epoch milliseconds of the row's partition key. */
  timestampMs: number
}

export type LayoutPart = { readonly literal: string } | { readonly column: string }

/** How a line is put together from its columns; the `logs` view rebuilds raw lines from it. */
export interface LineLayout {
  readonly parts: readonly LayoutPart[]
  /** After the parts: `key assign value`, joined by the separator. */
  readonly pairs?: {
    readonly separator: string
    readonly assign: string
    readonly fields: readonly { readonly key: string; readonly column: string }[]
  }
}

/** The columns that every type's tuples begin with. */
export const leadingColumns = ['source_id', 'line_offset', 'parser_version'] as const
/** Places in these tuples (LogType.copyColumns). */
export const sourceIdField: number = leadingColumns.indexOf('source_id')
export const lineOffsetField: number = leadingColumns.indexOf('line_offset')

/**
 * One kind of log line. The reader asks the registry for every line which type recognises it; the parser calls
 * `encodeLine` for every line that this type was the first to claim: synchronous, pure, and it never throws, whatever
 * the bytes are.
 */
export interface LogType {
  /** What it is made of: plain data, of which another process makes the same type. */
  readonly declaration: Declaration
  readonly name: string
  /** Written to every row as parser_version. */
  readonly version: number
  /** Table in `public`. */
  readonly table: string
  /** Declared columns in COPY order. */
  readonly columns: readonly Column[]
  /** leadingColumns, the declared columns, extra. */
  readonly copyColumns: readonly string[]
  /** The declared columns in COPY order, each as `name type`. */
  readonly columnTypes: readonly string[]
  /** Stands for columnTypes: tuples of another layout are not those of copyColumns. */
  readonly copyLayout: string
  /** 'record': a line that another source brought before is not written as a row again. */
  readonly dedup: 'none' | 'record'
  readonly indexes: readonly (readonly string[])[]
  /** How long its rows stay; undefined: for ever. */
  readonly retention: Retention | undefined
  /** What is counted of its rows, by hour: all of them, and what the declaration says. */
  readonly rollups: readonly Rollup[]
  /** How `logs` shows the line: put together again, kept in KEPT_LINE; undefined: not at all. */
  readonly layout: LineLayout | 'kept' | undefined
  /** What the rows are, for whoever looks at the table; undefined: not said. */
  readonly description: string | undefined
  readonly detection: Detection
  /** A record of the type can have several lines; undefined: every line is one. */
  readonly multiline: Multiline | undefined

  /**
   * Parses the line [start, end), without its newline and a trailing carriage return, and appends the fields of the
   * declared columns and of `extra`. The caller has begun the tuple and written the three system fields, and rewinds
   * the writer on a refusal. Fastest where SLACK_BYTES bytes follow the line in the source.
   */
  encodeLine(
    source: LineSource,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined

  /**
   * Appends the value of one declared column, by its place in `columns`, to a tuple that the caller has begun: of a row
   * that was parsed before the column was declared. `fileTimeMs` as of LineSource.
   */
  encodeField(column: number, value: Buffer, fileTimeMs: number, writer: CopyWriter): Refusal | undefined
}

/** A day is over for a type when all of it is older than so many days. */
export interface Retention {
  readonly days: number
  readonly goal: RetentionGoal
}

export interface LogTypeRegistry {
  /** In the order in which lines are tried. */
  readonly types: readonly LogType[]
  byName(name: string): LogType | undefined
  /**
   * Index into `types` of the first type that recognises the line [start, end), or -1. Shape only: that encodeLine
   * accepts the line is not promised. Reads nothing outside of the line, never throws.
   */
  classify(bytes: Buffer, start: number, end: number): number
}
