import { createRefusal, type Refusal, type RefusalReason } from '../line/refusal.js'
import type { ColumnDeclaration } from './column-schema.js'
import { TimestampDecoder } from './timestamp.js'
import type { ValueEncoder } from './value-encoder.js'

/** Small integers, so that the encoding of a column is one switch. */
export const TEXT = 0
export const INTEGER = 1
export const INET = 2
export const TIMESTAMP = 3
/** Whatever has a ValueEncoder: the less usual types, and values that are changed before they are encoded. */
export const OTHER = 4

export const DEFAULT_MAX_TEXT_BYTES = 1024
const DEFAULT_MAX_JSON_BYTES = 65_536
export const DEFAULT_MAX_ITEMS = 1024
const INT4_MAX = 2_147_483_647

const kinds: Partial<Record<ColumnDeclaration['type'], number>> = {
  text: TEXT,
  integer: INTEGER,
  bigint: INTEGER,
  inet: INET,
  timestamptz: TIMESTAMP,
}
const invalidValues: Record<ColumnDeclaration['type'], readonly [RefusalReason, string]> = {
  text: ['too_long', 'text'],
  enum: ['bad_value', 'one of the values'],
  smallint: ['bad_integer', 'a decimal integer'],
  integer: ['bad_integer', 'a decimal integer'],
  bigint: ['bad_integer', 'a decimal integer'],
  double: ['bad_number', 'a decimal number'],
  boolean: ['bad_boolean', 'one of the words for true and false'],
  timestamptz: ['bad_timestamp', 'an ISO 8601 date and time with Z or an offset'],
  inet: ['bad_address', 'an IPv4 or IPv6 host address'],
  cidr: ['bad_network', 'an IPv4 or IPv6 network'],
  macaddr: ['bad_mac', 'a MAC address of six bytes'],
  uuid: ['bad_uuid', 'a UUID'],
  jsonb: ['bad_json', 'valid JSON'],
  'text[]': ['bad_json', 'a JSON array of texts'],
  'integer[]': ['bad_json', 'a JSON array of integers'],
  'bigint[]': ['bad_json', 'a JSON array of integers'],
  'inet[]': ['bad_json', 'a JSON array of addresses'],
}

/** All a column needs for encoding. One class for all types, so that the loop over the columns sees one shape. */
export class EncodedColumn {
  readonly kind: number
  readonly required: boolean
  /** int8 instead of int4. */
  readonly wide: boolean
  /** Range of a number; the maximum is the greatest length of a text. */
  readonly minimum: number
  readonly maximum: number
  readonly missing: Refusal
  readonly invalid: Refusal
  readonly outside: Refusal
  readonly isPartitionKey: boolean
  readonly timestamps = new TimestampDecoder()
  /** Of kind OTHER, and of no other: create-column.ts. */
  readonly other: ValueEncoder | undefined

  /** `createOther` gets this column, complete but for `other`. */
  constructor(
    column: ColumnDeclaration,
    isPartitionKey: boolean,
    createOther?: (self: EncodedColumn) => ValueEncoder,
  ) {
    this.kind = createOther === undefined ? (kinds[column.type] ?? OTHER) : OTHER
    this.required = column.required
    this.wide = column.type === 'bigint'
    this.minimum = minimumOf(column)
    this.maximum = maximumOf(column)
    this.isPartitionKey = isPartitionKey
    this.missing = createRefusal('missing_field', `${column.name}: expected a value`)
    this.invalid = invalidOf(column)
    this.outside = outsideOf(column)
    this.other = createOther?.(this)
  }
}

function invalidOf(column: ColumnDeclaration): Refusal {
  const [reason, what] = invalidValues[column.type]
  const isFormatted = column.type === 'timestamptz' && column.formats !== undefined
  return createRefusal(
    reason,
    `${column.name}: expected ${isFormatted ? 'a time in one of the formats' : what}`,
  )
}

function outsideOf(column: ColumnDeclaration): Refusal {
  if (column.type === 'text' || column.type === 'jsonb') {
    return createRefusal('too_long', `${column.name}: expected at most ${maximumOf(column)} bytes`)
  }
  return createRefusal('out_of_range', `${column.name}: expected ${rangeOf(column)}`)
}

function minimumOf(column: ColumnDeclaration): number {
  switch (column.type) {
    case 'smallint':
      return column.min ?? -32_768
    case 'integer':
      return column.min ?? -INT4_MAX - 1
    case 'bigint':
    case 'double':
      return column.min ?? -Infinity
    default:
      return 0
  }
}

function maximumOf(column: ColumnDeclaration): number {
  switch (column.type) {
    case 'text':
      return column.maxBytes ?? DEFAULT_MAX_TEXT_BYTES
    case 'jsonb':
      return column.maxBytes ?? DEFAULT_MAX_JSON_BYTES
    case 'smallint':
      return column.max ?? 32_767
    case 'integer':
      return column.max ?? INT4_MAX
    case 'bigint':
    case 'double':
      return column.max ?? Infinity
    default:
      return 0
  }
}

function rangeOf(column: ColumnDeclaration): string {
  const limit = column.type === 'double' ? '1.7976931348623157e308' : '9223372036854775807'
  const lowest = column.type === 'double' ? `-${limit}` : '-9223372036854775808'
  const minimum = minimumOf(column)
  const maximum = maximumOf(column)
  return `${minimum === -Infinity ? lowest : minimum} to ${maximum === Infinity ? limit : maximum}`
}
