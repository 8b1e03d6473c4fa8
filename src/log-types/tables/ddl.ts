import { quoteIdentifier, quoteLiteral } from '../../postgres/identifiers.js'
import { PARTITION_KEY } from '../declaration/declaration.js'
import type { ColumnType, LogType } from '../log-type.js'
import type { ColumnChanges } from './column-changes.js'
import { timeIndexName } from './index-names.js'

export { logsViewSql } from './logs-view.js'

/** Schema of the tables' partitions, so that a list of `public` shows tables and not days. */
export const PARTITION_SCHEMA = 'sluice_partitions'

/**
 * Bytes to which PostgreSQL aligns a column; 0 stands for the types of variable length, which come last: places before
 * the first of them are the same in every row.
 */
const alignments: Record<ColumnType, number> = {
  timestamptz: 8,
  bigint: 8,
  'double precision': 8,
  integer: 4,
  macaddr: 4,
  smallint: 2,
  boolean: 1,
  uuid: 1,
  inet: 0,
  cidr: 0,
  text: 0,
  jsonb: 0,
  'text[]': 0,
  'integer[]': 0,
  'bigint[]': 0,
  'inet[]': 0,
}

/**
 * Table, default partition and time index of a type, all IF NOT EXISTS: several statements for one simple query. Columns
 * stand in an order that wastes little on alignment, which COPY does not mind, since it names its columns.
 *
 * The default partition takes the rows whose timestamps lie outside the days that partitions are made for. Rows of one
 * table come nearly in time order, which a BRIN index holds in next to nothing, so every partition has it from its
 * beginning. The declared indexes are not the table's but each partition's: of the table they would be there while the
 * partition is filled, which is when they cost most. The indexer builds them afterwards.
 */
export function createTableSql(type: LogType): string {
  const columns = [
    ...type.columns,
    { name: 'line_offset', type: 'bigint', required: true },
    { name: 'source_id', type: 'integer', required: true },
    { name: 'parser_version', type: 'smallint', required: true },
    { name: 'extra', type: 'jsonb', required: false },
  ] as const
  const ordered = columns.toSorted((a, b) => alignments[b.type] - alignments[a.type])
  const definitions = ordered.map(
    (column) => `  ${quoteIdentifier(column.name)} ${column.type}${column.required ? ' NOT NULL' : ''}`,
  )
  const table = `public.${quoteIdentifier(type.table)}`
  const defaultPartition = `${quoteIdentifier(PARTITION_SCHEMA)}.${quoteIdentifier(`${type.table}_default`)}`
  const time = quoteIdentifier(PARTITION_KEY)
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (\n${definitions.join(',\n')}\n) PARTITION BY RANGE (${time});`,
    `COMMENT ON TABLE ${table} IS ${quoteLiteral(type.description ?? `Lines of log type ${type.name}, one row a line.`)};`,
    `CREATE TABLE IF NOT EXISTS ${defaultPartition} PARTITION OF ${table} DEFAULT;`,
    `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(timeIndexName(type.table))} ON ${table}` +
      ` USING brin (${time}) WITH (autosummarize = on);`,
    '',
  ].join('\n')
}

/**
 * Gives the table of a type, and by that all of its partitions, further columns. Nothing is written anew, since they are
 * NULL in the rows that there are: it takes as long as its locks.
 */
export function changeTableSql(type: LogType, { add, relax }: ColumnChanges): string {
  const actions = [
    ...add.map(({ name, type }) => `ADD COLUMN ${quoteIdentifier(name)} ${type}`),
    ...relax.map(({ name }) => `ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL`),
  ]
  return `ALTER TABLE public.${quoteIdentifier(type.table)} ${actions.join(', ')}`
}
