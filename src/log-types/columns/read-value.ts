import {
  readArray,
  readBoolean,
  readCidr,
  readDouble,
  readInet,
  readInteger,
  readJsonb,
  readMacaddr,
  readTimestamptz,
  readUuid,
} from '../../postgres/read-value.js'
import type { ColumnType } from './sql-type.js'

/**
 * A column's field as text: an array as JSON, everything else as postgres/read-value.ts has it. For looking at rows
 * outside of the database.
 */
export function readValue(type: ColumnType, field: Buffer): string {
  switch (type) {
    case 'text':
      return field.toString('utf8')
    case 'smallint':
    case 'integer':
    case 'bigint':
      return readInteger(field).toString()
    case 'double precision':
      return readDouble(field)
    case 'boolean':
      return readBoolean(field)
    case 'inet':
      return readInet(field)
    case 'cidr':
      return readCidr(field)
    case 'macaddr':
      return readMacaddr(field)
    case 'uuid':
      return readUuid(field)
    case 'timestamptz':
      return readTimestamptz(field)
    case 'jsonb':
      return readJsonb(field)
    case 'text[]':
      return readItems('text', field)
    case 'integer[]':
      return readItems('integer', field)
    case 'bigint[]':
      return readItems('bigint', field)
    case 'inet[]':
      return readItems('inet', field)
  }
}

function readItems(type: 'text' | 'integer' | 'bigint' | 'inet', field: Buffer): string {
  const isText = type === 'text' || type === 'inet'
  const items = readArray(field).map((item) => {
    if (item === null) return 'null'
    // An int8 would lose digits as a number of JavaScript.
    return isText ? JSON.stringify(readValue(type, item)) : readValue(type, item)
  })
  return `[${items.join(',')}]`
}
