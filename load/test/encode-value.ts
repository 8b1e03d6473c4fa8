import type { ColumnContext } from '../../src/log-types/columns/column-context.js'
import { type ColumnDeclaration, columnSchema } from '../../src/log-types/columns/column-schema.js'
import { createColumn } from '../../src/log-types/columns/create-column.js'
import { encodeColumn } from '../../src/log-types/columns/encode-column.js'
import type { EncodedColumn } from '../../src/log-types/columns/encoded-column.js'
import { readValue } from '../../src/log-types/columns/read-value.js'
import { sqlTypeOf } from '../../src/log-types/columns/sql-type.js'
import { CopyWriter } from '../../src/postgres/copy-writer.js'
import { readTuple } from '../../src/postgres/read-tuple.js'

/** A column named `value`, from the keys of its declaration. */
export function declareColumn(keys: object): ColumnDeclaration {
  return columnSchema.parse({ name: 'value', ...keys })
}

/**
 * What a column makes of a value: its text as it is read back, null for NULL, or `refused: reason`. The value stands
 * between bytes that could belong to it, and must not count.
 */
export function valueEncoder(
  keys: object,
  context?: ColumnContext,
): (value: string | Buffer) => string | null {
  const column = declareColumn(keys)
  const encoded = createColumn(column, false, context)
  return (value) => {
    const tuple = encodeBetween(encoded, Buffer.from(value), '9')
    if (!Buffer.isBuffer(tuple)) return `refused: ${tuple}`
    const other = encodeBetween(encoded, Buffer.from(value), '"')
    if (!Buffer.isBuffer(other) || !tuple.equals(other)) throw new Error('looked outside of the value')
    const fields = readTuple(tuple, 0)
    if (fields.length !== 1) throw new Error(`expected one field, got ${fields.length}`)
    return fields[0] === null ? null : readValue(sqlTypeOf(column.type), fields[0]!)
  }
}

function encodeBetween(encoded: EncodedColumn, value: Buffer, around: string): Buffer | string {
  const bytes = Buffer.concat([Buffer.from(around), value, Buffer.from(around)])
  const writer = new CopyWriter(64)
  writer.beginTuple(1)
  const refusal = encodeColumn(encoded, bytes, 1, bytes.length - 1, writer, { timestampMs: 0 })
  return refusal === undefined ? writer.take() : refusal.reason
}
