import { ArrayEncoder } from './array.js'
import { BooleanEncoder } from './boolean.js'
import { CidrEncoder } from './cidr.js'
import { ColumnContext } from './column-context.js'
import type { ColumnDeclaration } from './column-schema.js'
import { DoubleEncoder } from './double.js'
import { EncodedColumn } from './encoded-column.js'
import { EnumEncoder } from './enum.js'
import { JsonbEncoder } from './jsonb.js'
import { MacaddrEncoder } from './macaddr.js'
import { PreparedValue } from './prepared-value.js'
import { SmallintEncoder } from './smallint.js'
import { FormattedTimestamp } from './timestamps/formatted-timestamp.js'
import { UuidEncoder } from './uuid.js'
import type { ValueEncoder } from './value-encoder.js'

/**
 * Compiles a checked column. Plain text, integer, bigint, inet and timestamptz columns have no encoder of their own:
 * they are what most columns are, and are encoded by encode-column.ts itself.
 */
export function createColumn(
  declared: ColumnDeclaration,
  isPartitionKey: boolean,
  context: ColumnContext = new ColumnContext(),
): EncodedColumn {
  const column = withFormats(declared, context)
  const bare = new EncodedColumn(column, isPartitionKey, encoderOf(column, context))
  if (!isPrepared(column)) return bare
  return new EncodedColumn(column, isPartitionKey, () => new PreparedValue(column, bare, context.scratch))
}

/** With a zone, times without an offset mean something. */
function withFormats(column: ColumnDeclaration, { timezone }: ColumnContext): ColumnDeclaration {
  if (column.type !== 'timestamptz' || column.formats !== undefined || timezone === undefined) return column
  return { ...column, formats: ['iso8601'] }
}

function isPrepared({ nulls, normalise, default: fallback, map }: ColumnDeclaration): boolean {
  return nulls !== undefined || normalise !== undefined || fallback !== undefined || map !== undefined
}

function encoderOf(
  column: ColumnDeclaration,
  context: ColumnContext,
): ((self: EncodedColumn) => ValueEncoder) | undefined {
  switch (column.type) {
    case 'text':
    case 'integer':
    case 'bigint':
    case 'inet':
      return undefined
    case 'timestamptz': {
      const { formats } = column
      if (formats === undefined) return undefined
      return (self) => new FormattedTimestamp(formats, context, self.isPartitionKey, self.invalid)
    }
    case 'enum':
      return (self) => new EnumEncoder(column.values, self.invalid)
    case 'smallint':
      return (self) => new SmallintEncoder(self)
    case 'double':
      return (self) => new DoubleEncoder(self)
    case 'boolean':
      return (self) => new BooleanEncoder(column.true, column.false, self.invalid)
    case 'cidr':
      return (self) => new CidrEncoder(self.invalid)
    case 'macaddr':
      return (self) => new MacaddrEncoder(self.invalid)
    case 'uuid':
      return (self) => new UuidEncoder(self.invalid)
    case 'jsonb':
      return (self) => new JsonbEncoder(self)
    case 'text[]':
    case 'integer[]':
    case 'bigint[]':
    case 'inet[]':
      return (self) => new ArrayEncoder(column, self.invalid, context.scratch)
  }
}
