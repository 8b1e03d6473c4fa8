/** The three log types that the generator speaks. */
export const LOG_TYPES = ['firewall', 'dns', 'auth'] as const
export type LogType = (typeof LOG_TYPES)[number]

/** Why a line is expected to be set aside. The generator provokes only what a line can cause by itself. */
export const DEAD_LETTER_REASONS = [
  'no_type',
  'empty_line',
  'oversize_line',
  'nul_byte',
  'invalid_utf8',
  'no_match',
  'missing_field',
  'duplicate_field',
  'bad_timestamp',
  'bad_address',
  'bad_integer',
  'out_of_range',
  'too_long',
  'too_many_fields',
] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/**
 * A column's expected value: timestamps as ISO 8601 in UTC, addresses as the text of PostgreSQL's host(inet),
 * integers as numbers (bigint beyond 2^53), null for a field that the line lacks.
 */
export type ColumnValue = string | number | bigint | null
export type ColumnValues = Readonly<Record<string, ColumnValue>>

export interface ExpectedRow {
  readonly logType: LogType
  /** Every declared column of the type, by column name. */
  readonly values: ColumnValues
  /** Unknown fields, absent when the line has none. */
  readonly extra?: Readonly<Record<string, string>>
}

export interface ExpectedDeadLetter {
  readonly deadLetter: DeadLetterReason
  readonly logType: LogType | 'unclassified'
}

export type Expected = ExpectedRow | ExpectedDeadLetter

/** What ends a line. Only the last line of a file may have no terminator. */
export type Terminator = '\n' | '\r\n' | ''

/** A line before it has a place: what it says and what must become of it. */
export interface DraftRecord {
  readonly line: Buffer
  readonly terminator: Terminator
  readonly expected: Expected
  /** Name of the hostile kind that made the line; absent for ordinary lines. */
  readonly hostileKind?: string
}

/** A line with its place. */
export interface GeneratedRecord extends DraftRecord {
  /** Index of the file: 0 is logs_0000.log. */
  readonly file: number
  /** Which rotation of the file holds the line, oldest first; 0 without rotation. */
  readonly segment: number
  /** Offset of the line's first byte in its segment; a byte order mark belongs to the first line. */
  readonly offset: number
}

export function isDeadLetter(expected: Expected): expected is ExpectedDeadLetter {
  return 'deadLetter' in expected
}
