import type { SchemaElement } from 'hyparquet'
import type pg from 'pg'
import { selectTableColumns, type TableColumn } from '../../log-types/tables/table-columns.js'
import { quoteIdentifier } from '../../postgres/identifiers.js'

/**
 * How values of a PostgreSQL type lie in a file:
 *
 *   timestamptz               INT64, microseconds since 1970, UTC (TIMESTAMP_MICROS)
 *   smallint, integer         INT32
 *   bigint                    INT64
 *   double precision          DOUBLE
 *   boolean                   BOOLEAN
 *   everything else           UTF-8 text, as PostgreSQL prints it: inet, jsonb, uuid, arrays …
 */
export type ColdKind = 'timestamp' | 'int32' | 'int64' | 'double' | 'boolean' | 'text'

export interface ColdColumn extends TableColumn {
  readonly kind: ColdKind
}

export type ColdValue = string | number | bigint | boolean | null

const kinds: Readonly<Record<string, ColdKind>> = {
  'timestamp with time zone': 'timestamp',
  smallint: 'int32',
  integer: 'int32',
  bigint: 'int64',
  'double precision': 'double',
  boolean: 'boolean',
}

/** Columns of a table of schema `schema`, in its order. */
export async function selectColdColumns(
  db: Pick<pg.Pool, 'query'>,
  schema: string,
  table: string,
): Promise<ColdColumn[]> {
  const columns = await selectTableColumns(db, table, schema)
  return [...columns.values()].map((column) => ({ ...column, kind: kinds[column.type] ?? 'text' }))
}

export function schemaElement({ name, required, kind }: ColdColumn): SchemaElement {
  const repetition_type = required ? 'REQUIRED' : 'OPTIONAL'
  switch (kind) {
    case 'timestamp':
      return {
        ...{ name, repetition_type, type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      }
    case 'int32':
      return { name, repetition_type, type: 'INT32' }
    case 'int64':
      return { name, repetition_type, type: 'INT64' }
    case 'double':
      return { name, repetition_type, type: 'DOUBLE' }
    case 'boolean':
      return { name, repetition_type, type: 'BOOLEAN' }
    case 'text':
      return { name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }
}

/** What to SELECT, so that the text that PostgreSQL sends is what readColdValue takes. */
export function selectExpression({ name, kind }: ColdColumn): string {
  const column = quoteIdentifier(name)
  return kind === 'timestamp' ? `(extract(epoch FROM ${column}) * 1000000)::bigint` : column
}

/** A value from PostgreSQL's text. */
export function readColdValue(kind: ColdKind, text: string | null): ColdValue {
  if (text === null) return null
  switch (kind) {
    case 'timestamp':
    case 'int64':
      return BigInt(text)
    case 'int32':
    case 'double':
      return Number(text)
    case 'boolean':
      return text === 't'
    case 'text':
      return text
  }
}

/**
 * The column from an array of texts, `parameter` ($1 …), one for each row, that coldText made. Microseconds go by way
 * of hours, since an interval times a number is computed in floating point, which has no room for all of them.
 */
export function insertExpression({ kind, type }: ColdColumn, text: string): string {
  if (kind !== 'timestamp') return `${text}::${type}`
  const micros = `${text}::bigint`
  return (
    `timestamptz 'epoch' + (${micros} / 3600000000) * interval '1 hour'` +
    ` + (${micros} % 3600000000) * interval '1 microsecond'`
  )
}

export function coldText(value: ColdValue): string | null {
  if (value === null) return null
  return Object.is(value, -0) ? '-0' : String(value)
}
