import { CopyWriter } from '../../postgres/copy-writer.js'
import { readTuple } from '../../postgres/read-tuple.js'
import { createColumn } from '../columns/create-column.js'
import { encodeColumn } from '../columns/encode-column.js'
import { readValue } from '../columns/read-value.js'
import { columnOfSqlType } from '../columns/sql-type.js'
import { LINE_FIELD } from '../declaration/field-plan.js'
import { classifyLine, contentEnd } from '../line/line-content.js'
import type { ColumnType, LogType, LogTypeRegistry } from '../log-type.js'
import { parseLine } from '../parse-line.js'
import type { Expectation, Sample } from './sample.js'

/** How a line differs from what its sample says. */
export interface Mismatch {
  readonly expected: string
  readonly got: string
}

/**
 * Takes a sample the way of every line (recognised among all types, encoded, read back) and compares; undefined when
 * it is as expected.
 */
export function checkSample(
  registry: LogTypeRegistry,
  type: LogType,
  { line, fileTimeMs, expectation }: Sample,
): Mismatch | undefined {
  const end = contentEnd(line, 0, line.length)
  // Not the first of its file, where a byte order mark would not be content.
  const claimant = classifyLine(line, 1, line.length, registry)
  const claimed = claimant === undefined ? 'recognised by no type' : `recognised as ${claimant.name}`
  if (expectation.kind === 'unclaimed') {
    if (claimant !== type) return undefined
    return { expected: `not recognised as ${type.name}`, got: claimed }
  }
  if (claimant !== type) return { expected: `recognised as ${type.name}`, got: claimed }
  const parsed = parseLine(type, line.subarray(0, end), fileTimeMs)
  if ('refusal' in parsed) {
    const { reason, detail } = parsed.refusal
    if (expectation.kind === 'refused' && expectation.reason === reason) return undefined
    return { expected: describe(expectation), got: `refused: ${reason} (${detail})` }
  }
  if (expectation.kind === 'refused') return { expected: describe(expectation), got: 'a row' }
  return compareRow(type, expectation, parsed.row)
}

function describe(expectation: Expectation): string {
  return expectation.kind === 'refused' ? `refused: ${expectation.reason}` : 'a row'
}

/** Only the columns that differ. */
function compareRow(
  type: LogType,
  { record, extra }: Expectation & { kind: 'row' },
  row: ReadonlyMap<string, string | null>,
): Mismatch | undefined {
  const expected: string[] = []
  const got: string[] = []
  for (const column of type.columns) {
    if (column.field === LINE_FIELD && !record.has(column.name)) continue
    const field = row.get(column.name) ?? null
    const value = field !== null && column.type === 'jsonb' ? canonicalJson(field) : field
    // No column holds an empty text: an empty field is NULL.
    const wanted = canonical(column.type, record.get(column.name) ?? '') || null
    if (wanted === value) continue
    expected.push(`${column.name} ${show(wanted)}`)
    got.push(`${column.name} ${show(value)}`)
  }
  const undeclared = readExtra(row.get('extra') ?? null)
  const fields = showFields(undeclared.asText)
  const wantedFields = showFields(
    new Map([...extra].map(([name, text]) => [name, undeclared.isText(name) ? text : jsonText(text)])),
  )
  if (fields !== wantedFields) {
    expected.push(`extra ${wantedFields}`)
    got.push(`extra ${fields}`)
  }
  return expected.length === 0 ? undefined : { expected: expected.join(', '), got: got.join(', ') }
}

/** A value as it is read back from a row: addresses, times and others can be written in several ways. */
function canonical(columnType: ColumnType, text: string): string {
  if (text === '' || /^(text|smallint|integer|bigint)$/.test(columnType)) return text
  const column = createColumn(columnOfSqlType('expected', columnType), false)
  const bytes = Buffer.from(text)
  const writer = new CopyWriter(64)
  writer.beginTuple(1)
  const refusal = encodeColumn(column, bytes, 0, bytes.length, writer, { timestampMs: 0 })
  // What is no such value stays as it is, and differs from every value.
  if (refusal !== undefined) return text
  const [field] = readTuple(writer.take(), 0)
  if (field === null || field === undefined) return text
  const value = readValue(columnType, field)
  return columnType === 'jsonb' ? canonicalJson(value) : value
}

/** Without spaces, and with the keys of objects in order: jsonb keeps neither. */
function canonicalJson(json: string): string {
  const sorted: unknown = JSON.parse(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return JSON.stringify(sorted)
}

/** Of formats that know more than texts, such as JSON, values are compared by their JSON. */
function readExtra(json: string | null) {
  const fields = new Map(Object.entries(JSON.parse(json ?? '{}') as Record<string, unknown>))
  const asText = [...fields].map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : canonicalJson(JSON.stringify(value)),
  ])
  const isText = (name: string) => !fields.has(name) || typeof fields.get(name) === 'string'
  return { asText: new Map(asText), isText }
}

/** What is no JSON stays as it is, and differs from all that is. */
function jsonText(text: string): string {
  try {
    return canonicalJson(text)
  } catch {
    return text
  }
}

/** In the order of the names: jsonb keeps no other. */
function showFields(fields: ReadonlyMap<string, string>): string {
  if (fields.size === 0) return 'NULL'
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')}}`
}

function show(value: string | null): string {
  return value === null ? 'NULL' : JSON.stringify(value)
}
