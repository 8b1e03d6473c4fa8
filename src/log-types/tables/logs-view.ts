import { quoteIdentifier, quoteLiteral } from '../../postgres/identifiers.js'
import { KEPT_LINE, PARTITION_KEY } from '../declaration/declaration.js'
import type { Column, ColumnType, LogType } from '../log-type.js'

/** PostgreSQL takes 100 arguments for a function. */
const PAIRS_PER_CALL = 40

/**
 * The view `logs` over all types: one row a line, with the line put together again. Two statements; run them in one
 * transaction, so that no query finds the view gone. Dropped first, since CREATE OR REPLACE VIEW refuses to change
 * the columns of whatever view of that name there is.
 */
export function logsViewSql(types: readonly LogType[]): string {
  const selects = types.map(selectType)
  return [
    'DROP VIEW IF EXISTS public.logs;',
    'CREATE VIEW public.logs (log_type, raw_line, "timestamp", source_file, parsed_data) AS',
    `${selects.join('\nUNION ALL\n')};`,
    '',
  ].join('\n')
}

function selectType(type: LogType): string {
  const timestamp = type.columns.find((column) => column.name === PARTITION_KEY)!
  return [
    `SELECT ${quoteLiteral(type.name)}::text,`,
    `  ${rawLine(type)},`,
    `  ${asText(timestamp)},`,
    '  s.path,',
    `  ${parsedData(type.columns.filter((column) => column.name !== KEPT_LINE || type.layout !== 'kept'))}`,
    `FROM public.${quoteIdentifier(type.table)} t JOIN sluice.sources s ON s.source_id = t.source_id`,
  ].join('\n')
}

/** A column's value as it is written in a line: inet without its prefix length, time as ISO 8601 UTC. */
function asText(column: Column): string {
  const value = `t.${quoteIdentifier(column.name)}`
  switch (column.type) {
    case 'text':
      return value
    case 'inet':
      return `host(${value})`
    case 'timestamptz':
      return `to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    case 'text[]':
    case 'integer[]':
    case 'bigint[]':
    case 'inet[]':
      return `array_to_json(${value})::text`
    default:
      return `${value}::text`
  }
}

/** Columns win over undeclared fields of the same name, which a sender can choose. */
function parsedData(columns: readonly Column[]): string {
  const calls: string[] = []
  const flat = columns.filter(({ type }) => type !== 'jsonb')
  for (let at = 0; at < flat.length; at += PAIRS_PER_CALL) {
    const pairs = flat.slice(at, at + PAIRS_PER_CALL).map((column) => {
      const value = isOfJson(column.type) ? `t.${quoteIdentifier(column.name)}` : asText(column)
      return `${quoteLiteral(column.name)}, ${value}`
    })
    calls.push(`jsonb_build_object(${pairs.join(', ')})`)
  }
  const plain = calls.length === 0 ? '' : ` || jsonb_strip_nulls(${calls.join(' || ')})`
  // A null within a column's own JSON is kept.
  const nested = columns.flatMap(({ name, type }) => {
    if (type !== 'jsonb') return []
    const value = `t.${quoteIdentifier(name)}`
    return ` || CASE WHEN ${value} IS NULL THEN '{}' ELSE jsonb_build_object(${quoteLiteral(name)}, ${value}) END`
  })
  return `coalesce(t.extra, '{}'::jsonb)${plain}${nested.join('')}`
}

/** Whether JSON has such values itself: the others are texts there. */
function isOfJson(type: ColumnType): boolean {
  return type === 'boolean' || type === 'double precision' || /^(smallint|integer|bigint)$|\[\]$/.test(type)
}

/**
 * The line as it was kept, or put together again; NULL where neither can be. Put together, a line in another form, such
 * as another order of keys, is shown in the usual one.
 */
function rawLine(type: LogType): string {
  if (type.layout === undefined) return 'NULL::text'
  if (type.layout === 'kept') return `t.${quoteIdentifier(KEPT_LINE)}`
  const byName = new Map(type.columns.map((column) => [column.name, column]))
  const textOf = (name: string) => asText(byName.get(name)!)
  const { parts, pairs } = type.layout
  const pieces = parts.map((part) =>
    'literal' in part ? quoteLiteral(part.literal) : `coalesce(${textOf(part.column)}, '')`,
  )
  if (pairs !== undefined) {
    const fields = pairs.fields.map(
      ({ key, column }) => `${quoteLiteral(key + pairs.assign)} || ${textOf(column)}`,
    )
    const assign = quoteLiteral(pairs.assign)
    const separator = quoteLiteral(pairs.separator)
    const extra = `(SELECT string_agg(e.key || ${assign} || e.value, ${separator}) FROM jsonb_each_text(t.extra) e)`
    // concat_ws leaves NULLs out: absent fields.
    pieces.push(`concat_ws(${[separator, ...fields, extra].join(', ')})`)
  }
  return pieces.join(' || ')
}
