import type { ColumnDeclaration } from '../declaration.js'
import { createRefusal, type Refusal, type RefusalReason } from '../refusal.js'
import { TimestampDecoder } from './timestamp.js'

/** Small integers, so that the encoding of a column is one switch. */
export const TEXT = 0
export const INTEGER = 1
export const INET = 2
export const TIMESTAMP = 3

export const DEFAULT_MAX_TEXT_BYTES = 1024
const INT4_MAX = 2_147_483_647

const kinds = { text: TEXT, integer: INTEGER, bigint: INTEGER, inet: INET, timestamptz: TIMESTAMP } as const
const invalidReasons: Record<ColumnDeclaration['type'], RefusalReason> = {
  text: 'too_long',
  integer: 'bad_integer',
  bigint: 'bad_integer',
  inet: 'bad_address',
  timestamptz: 'bad_timestamp',
}
const invalidDetails: Record<ColumnDeclaration['type'], string> = {
  text: 'text',
  integer: 'a decimal integer',
  bigint: 'a decimal integer',
  inet: 'an IPv4 or IPv6 host address',
  timestamptz: 'an ISO 8601 date and time with Z or an offset',
}

/** All a column needs for encoding. One class for all types, so that the loop over the columns sees one shape. */
export class EncodedColumn {
  readonly kind: number
  readonly required: boolean
  /** int8 instead of int4. */
  readonly wide: boolean
  /** Range of an integer; the maximum is the greatest length of a text. */
  readonly minimum: number
  readonly maximum: number
  readonly missing: Refusal
  readonly invalid: Refusal
  readonly outside: Refusal
  readonly isPartitionKey: boolean
  readonly timestamps = new TimestampDecoder()

  constructor(column: ColumnDeclaration, isPartitionKey: boolean) {
    this.kind = kinds[column.type]
    this.required = column.required
    this.wide = column.type === 'bigint'
    this.minimum = minimumOf(column)
    this.maximum = maximumOf(column)
    this.isPartitionKey = isPartitionKey
    this.missing = createRefusal('missing_field', `${column.name}: expected a value`)
    this.invalid = createRefusal(
      invalidReasons[column.type],
      `${column.name}: expected ${invalidDetails[column.type]}`,
    )
    this.outside =
      column.type === 'text'
        ? createRefusal('too_long', `${column.name}: expected at most ${this.maximum} bytes`)
        : createRefusal('out_of_range', `${column.name}: expected ${rangeOf(column)}`)
  }
}

function minimumOf(column: ColumnDeclaration): number {
  if (column.type === 'integer') return column.min ?? -INT4_MAX - 1
  return column.type === 'bigint' ? (column.min ?? -Infinity) : 0
}

function maximumOf(column: ColumnDeclaration): number {
  if (column.type === 'integer') return column.max ?? INT4_MAX
  if (column.type === 'bigint') return column.max ?? Infinity
  return column.type === 'text' ? (column.maxBytes ?? DEFAULT_MAX_TEXT_BYTES) : 0
}

function rangeOf(column: ColumnDeclaration): string {
  const minimum = minimumOf(column)
  const maximum = maximumOf(column)
  const least = minimum === -Infinity ? '-9223372036854775808' : `${minimum}`
  return `${least} to ${maximum === Infinity ? '9223372036854775807' : maximum}`
}
