import type { ColumnDeclaration } from './column-schema.js'

/** What a column is in PostgreSQL. */
export type ColumnType = Exclude<ColumnDeclaration['type'], 'enum' | 'double'> | 'double precision'

export function sqlTypeOf(type: ColumnDeclaration['type']): ColumnType {
  if (type === 'enum') return 'text'
  return type === 'double' ? 'double precision' : type
}

/** A column that takes every value of the type, to read what is written by hand. */
export function columnOfSqlType(name: string, type: ColumnType): ColumnDeclaration {
  const column = { name, required: false }
  if (type === 'double precision') return { ...column, type: 'double' }
  return type.endsWith('[]')
    ? ({ ...column, type, maxItems: Infinity } as ColumnDeclaration)
    : ({ ...column, type } as ColumnDeclaration)
}
