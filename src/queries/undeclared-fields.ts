import type pg from 'pg'
import type { LogType } from '../log-types/log-type.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { type ListedPartition, listPartitions } from '../postgres/partition-list.js'

/** A field of rows that had no column when they were parsed. */
export interface UndeclaredField {
  /** As a line has it: whatever a sender chose. */
  readonly name: string
  /** The column that is declared for it by now, which these rows can be filled into; null: none. */
  readonly column: string | null
  /** Of the rows that were looked at. */
  readonly rows: number
  /** Timestamps of the first and the last of them, ISO 8601 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** The column type that all values of it fit; a guess. */
  readonly looksLike: string
}

export interface UndeclaredFields {
  readonly logType: string
  /** Rows that were looked at, from the newest day back; with or without such fields. */
  readonly rows: number
  /** All rows of the table were looked at: counts and times are exact. */
  readonly isWhole: boolean
  /** The most frequent first. */
  readonly fields: readonly UndeclaredField[]
}

/** A flood of names must not fill the memory: of each partition the most frequent. */
const maxFields = 200

/** Column types, the first that fits all values is the guess; conditions on `text`, the value as text, and `value`. */
const guesses: ReadonlyArray<readonly [type: string, condition: string]> = [
  ['jsonb', `jsonb_typeof(value) IN ('object', 'array')`],
  ['boolean', `text IN ('true', 'false')`],
  ['integer', `text ~ '^-?[0-9]{1,9}$'`],
  ['bigint', `text ~ '^-?[0-9]{1,18}$'`],
  ['double', `text ~ '^-?[0-9]{1,18}([.][0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$'`],
  ['uuid', `text ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'`],
  ['macaddr', `text ~ '^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$'`],
  ['inet', `text ~ '^([0-9]{1,3}[.]){3}[0-9]{1,3}$' OR text ~ '^[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}$'`],
  [
    'timestamptz',
    `text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}:?[0-9]{2})$'`,
  ],
]

interface FoundField {
  readonly name: string
  readonly rows: number
  readonly first: string
  readonly last: string
  /** Of the guesses, which fit. */
  readonly fits: readonly boolean[]
}

/**
 * Looks at up to `maxRows` rows of a type for fields without a column, the newest days first. A partition that has more
 * is sampled, so that the answer costs the same however large the tables are.
 */
export async function selectUndeclaredFields(
  db: Pick<pg.Pool, 'query'>,
  type: Pick<LogType, 'name' | 'table' | 'columns'>,
  maxRows: number,
): Promise<UndeclaredFields> {
  const found = new Map<string, FoundField>()
  let rows = 0
  let isWhole = true
  for (const partition of await listPartitions(db, type.table)) {
    if (rows >= maxRows) {
      isWhole &&= partition.blocks === 0
      continue
    }
    const looked = await lookAt(db, partition, maxRows - rows)
    rows += looked.rows
    isWhole &&= looked.isWhole
    for (const field of looked.fields) found.set(field.name, join(found.get(field.name), field))
  }
  const fields = [...found.values()].sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1))
  return {
    logType: type.name,
    rows,
    isWhole,
    fields: fields.slice(0, maxFields).map((field) => describe(field, type)),
  }
}

async function lookAt(
  db: Pick<pg.Pool, 'query'>,
  { schema, name, estimatedRows }: ListedPartition,
  maxRows: number,
): Promise<{ rows: number; isWhole: boolean; fields: readonly FoundField[] }> {
  const share = estimatedRows > maxRows ? (100 * maxRows) / estimatedRows : 100
  const sample = share < 100 ? `TABLESAMPLE SYSTEM (${share.toFixed(6)})` : ''
  const fits = guesses.map(([, condition]) => `bool_and(${condition})`).join(', ')
  const result = await db.query<{ rows: string; fields: FoundField[] | null }>(
    `WITH looked AS MATERIALIZED (
       SELECT "timestamp", extra FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)} ${sample} LIMIT $1)
     SELECT (SELECT count(*) FROM looked) AS rows,
            (SELECT json_agg(f) FROM (
               SELECT key AS name, count(*) AS rows, json_build_array(${fits}) AS fits,
                      to_char(min("timestamp") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS first,
                      to_char(max("timestamp") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last
                 FROM (SELECT "timestamp", key, value, value #>> '{}' AS text FROM looked, jsonb_each(extra)) each
                GROUP BY key ORDER BY count(*) DESC, key LIMIT ${maxFields}) f) AS fields`,
    [maxRows],
  )
  const row = result.rows[0]!
  const rows = Number(row.rows)
  return { rows, isWhole: sample === '' && rows < maxRows, fields: row.fields ?? [] }
}

function join(a: FoundField | undefined, b: FoundField): FoundField {
  if (a === undefined) return b
  return {
    name: a.name,
    rows: a.rows + b.rows,
    first: [a.first, b.first].sort()[0]!,
    last: [a.last, b.last].sort()[1]!,
    fits: a.fits.map((fits, index) => fits && b.fits[index] === true),
  }
}

function describe(
  { name, rows, first, last, fits }: FoundField,
  { columns }: Pick<LogType, 'columns'>,
): UndeclaredField {
  const looksLike = guesses[fits.indexOf(true)]?.[0] ?? 'text'
  const column = columns.find(({ field }) => field === name)?.name ?? null
  return { name, column, rows, firstSeen: first, lastSeen: last, looksLike }
}
