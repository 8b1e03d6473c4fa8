import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { findPackageRoot } from '../settings/package-root.js'

/** A parameter of a query, with a statement that finds a value to show the query with. */
export interface QueryParameter {
  readonly name: string
  readonly type: string
  readonly exampleSql: string
}

export interface AnalystQuery {
  /** Name of its file, without .sql. */
  readonly name: string
  readonly title: string
  readonly parameters: readonly QueryParameter[]
  readonly sql: string
}

export interface QueryResult {
  readonly name: string
  readonly title: string
  readonly parameters: Readonly<Record<string, string | null>>
  readonly rowCount: number
  readonly milliseconds: number
  readonly columns: readonly string[]
  /** The first rows. */
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const directory = join(findPackageRoot(), 'schema', 'queries')
const parameterLine = /^-- \$(\d+) (\w+) (\w+): (.+)$/

/**
 * A query file: a line of title, a line for each parameter, the statement.
 *
 *   -- All DNS queries for a domain
 *   -- $1 domain text: SELECT query_domain FROM dns_logs LIMIT 1
 *   SELECT … WHERE query_domain = $1::text
 */
export function parseQueryFile(name: string, text: string): AnalystQuery {
  const lines = text.split('\n')
  const title = lines[0]?.startsWith('-- ') ? lines[0].slice(3) : name
  const parameters: QueryParameter[] = []
  for (const line of lines) {
    const [, number, parameter, type, exampleSql] = parameterLine.exec(line) ?? []
    if (parameter === undefined || type === undefined || exampleSql === undefined) continue
    if (Number(number) !== parameters.length + 1)
      throw new Error(`${name}.sql: parameter $${number} is out of order`)
    parameters.push({ name: parameter, type, exampleSql })
  }
  const sql = lines
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .trim()
  return { name, title, parameters, sql }
}

export async function loadQueries(): Promise<AnalystQuery[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) =>
      parseQueryFile(file.slice(0, -4), await readFile(join(directory, file), 'utf8')),
    ),
  )
}

/** Runs a query with the given values, and example values for the other parameters. */
export async function runQuery(
  pool: pg.Pool,
  query: AnalystQuery,
  given: Readonly<Record<string, string>>,
  keepRows: number,
): Promise<QueryResult> {
  const values: Array<string | null> = []
  for (const parameter of query.parameters) {
    values.push(given[parameter.name] ?? (await findExample(pool, parameter)))
  }
  const began = performance.now()
  const result = await pool.query<Record<string, unknown>>(query.sql, values)
  const milliseconds = performance.now() - began
  return {
    name: query.name,
    title: query.title,
    parameters: Object.fromEntries(
      query.parameters.map((parameter, index) => [parameter.name, values[index] ?? null]),
    ),
    rowCount: result.rows.length,
    milliseconds: Math.round(milliseconds * 10) / 10,
    columns: result.fields.map((field) => field.name),
    rows: result.rows.slice(0, keepRows),
  }
}

async function findExample(pool: pg.Pool, parameter: QueryParameter): Promise<string | null> {
  const result = await pool.query<{ value: string | null }>(
    `SELECT example::text AS value FROM (${parameter.exampleSql}) AS found (example)`,
  )
  return result.rows[0]?.value ?? null
}
