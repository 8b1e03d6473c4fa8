import { createHash } from 'node:crypto'
import { PARTITION_KEY } from '../declaration/declaration.js'

const MAX_IDENTIFIER_BYTES = 63
const HASH_DIGITS = 8

/**
 * "<table>_<columns>_idx", of a partition as of a table; where PostgreSQL would cut the name, a hash keeps different
 * indexes apart.
 */
export function indexName(table: string, columns: readonly string[]): string {
  return bounded(table, `${columns.join('_')}_idx`)
}

/** The index that every type has, see createTableSql. */
export function timeIndexName(table: string): string {
  return bounded(table, `${PARTITION_KEY}_brin_idx`)
}

function bounded(table: string, suffix: string): string {
  const name = `${table}_${suffix}`
  if (name.length <= MAX_IDENTIFIER_BYTES) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS)
  return `${name.slice(0, MAX_IDENTIFIER_BYTES - HASH_DIGITS - 5)}_${hash}_idx`
}

/** Names of all indexes of a type. */
export function indexNames(type: { table: string; indexes: readonly (readonly string[])[] }): string[] {
  return [timeIndexName(type.table), ...type.indexes.map((columns) => indexName(type.table, columns))]
}
