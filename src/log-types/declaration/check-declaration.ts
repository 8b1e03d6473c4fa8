import { checkColumn, indexedBytes } from '../columns/check-column.js'
import { compileDetector } from '../detection/detector.js'
import { checkFields } from './check-fields.js'
import { checkRollups } from './check-rollups.js'
import { type Declaration, KEPT_LINE, PARTITION_KEY } from './declaration.js'
import { type Finding, fieldsOf, repeated, reserved, templateFindings } from './finding.js'

/** Names that Sluice uses itself, or that mean something else to what handles them. */
const reservedTypeNames = new Set(['unclassified', '__proto__', 'constructor'])
const reservedTables = new Set(['logs'])
const systemColumns = ['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']
/** Names that a column cannot have. */
export const reservedColumns: ReadonlySet<string> = new Set([
  'extra',
  'source_id',
  'line_offset',
  'parser_version',
  '__proto__',
  ...systemColumns,
])

/** Leaves room for what the names of partitions add; PostgreSQL would cut longer names off without a word. */
const MAX_TABLE_BYTES = 48
/** Greatest B-tree entry, less its header. A longer value would be refused row by row, when it comes. */
const MAX_INDEX_BYTES = 2688

/** The rules that connect keys with each other. Call with a declaration that fits the schema. */
export function checkDeclaration(declaration: Declaration): Finding[] {
  return [
    ...checkNames(declaration),
    ...checkDetectors(declaration),
    ...checkEnvelope(declaration),
    ...checkMultiline(declaration),
    ...checkColumns(declaration),
    ...checkKeptLine(declaration),
    ...checkPartitionKey(declaration),
    ...checkFields(declaration),
    ...checkIndexes(declaration),
    ...checkRollups(declaration),
  ]
}

function checkNames({ name, table }: Declaration): Finding[] {
  const findings: Finding[] = []
  if (reservedTypeNames.has(name)) findings.push(reserved(['name'], name))
  if (reservedTables.has(table)) findings.push(reserved(['table'], table))
  if (table.length > MAX_TABLE_BYTES) {
    findings.push({
      path: ['table'],
      expected: `a table name of at most ${MAX_TABLE_BYTES} bytes, since partitions add to it`,
      got: `${table.length} bytes`,
      advice: 'Choose a shorter name.',
    })
  }
  return findings
}

function checkDetectors({ detect, envelope }: Declaration): Finding[] {
  if (detect.length === 0 && envelope === undefined) {
    const expected = 'a list of 1 to 16 templates'
    const advice = 'Add the key. Only with an envelope it may be left out.'
    return [{ path: ['detect'], expected, got: 'nothing', advice }]
  }
  return detect.flatMap(({ template, contains }, index) => {
    const path = ['detect', index]
    if (template !== undefined) return templateFindings(path, () => void compileDetector(template))
    if (contains.length > 0) return []
    const expected = 'template, contains, or both'
    return [{ path, expected, got: 'neither', advice: 'Say how the line is recognised.' }]
  })
}

function checkEnvelope({ envelope }: Declaration): Finding[] {
  if (envelope?.app === undefined) return []
  const path = ['envelope', 'app']
  if (envelope.kind === 'docker' || envelope.kind === 'cri') {
    const expected = `no app, which lines of ${envelope.kind} do not name`
    return [{ path, expected, got: 'a list', advice: 'Remove the key, and use detect.' }]
  }
  const again = envelope.app.find((name, index) => envelope.app?.indexOf(name) !== index)
  return again === undefined ? [] : [repeated(path, again)]
}

function checkKeptLine({ keepLine, columns }: Declaration): Finding[] {
  const index = columns.findIndex(({ name }) => name === KEPT_LINE)
  return keepLine && index >= 0 ? [reserved(['columns', index, 'name'], KEPT_LINE)] : []
}

function checkMultiline({ multiline }: Declaration): Finding[] {
  if (multiline === undefined) return []
  return templateFindings(['multiline', 'start'], () => void compileDetector(multiline.start))
}

function checkColumns({ columns, timezone }: Declaration): Finding[] {
  const findings: Finding[] = []
  const names = new Set<string>()
  const fields = new Set<string>()
  columns.forEach((column, index) => {
    const path = ['columns', index]
    if (reservedColumns.has(column.name)) findings.push(reserved([...path, 'name'], column.name))
    if (names.has(column.name)) findings.push(repeated([...path, 'name'], column.name))
    for (const field of fieldsOf(column)) {
      if (fields.has(field) && !names.has(column.name)) {
        findings.push(repeated([...path, column.from === undefined ? 'name' : 'from'], field))
      }
      fields.add(field)
    }
    names.add(column.name)
    findings.push(...checkColumn(column, path, timezone))
  })
  return findings
}

function checkPartitionKey({ columns }: Declaration): Finding[] {
  const index = columns.findIndex((column) => column.name === PARTITION_KEY)
  const column = columns[index]
  if (column?.type === 'timestamptz' && column.required) return []
  const expected = `a column named ${PARTITION_KEY} of type timestamptz with required: true, since tables are partitioned by it`
  const got = column === undefined ? 'none' : `type ${column.type}, required ${column.required}`
  const path = column === undefined ? ['columns'] : ['columns', index]
  return [{ path, expected, got, advice: 'Add or correct the column.' }]
}

function checkIndexes({ indexes, columns }: Declaration): Finding[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const seen = new Set<string>()
  return indexes.flatMap((names, index) => {
    const path = ['indexes', index]
    const unknown = names.findIndex((name) => !byName.has(name))
    if (unknown >= 0) {
      const expected = `one of the columns ${[...byName.keys()].join(', ')}`
      const got = JSON.stringify(names[unknown])
      return [{ path: [...path, unknown], expected, got, advice: 'Declare the column or correct its name.' }]
    }
    if (new Set(names).size < names.length) return [repeated(path, names.join(', '))]
    if (seen.has(names.join())) return [repeated(path, names.join(', '))]
    seen.add(names.join())
    const useless = names.findIndex((name) => indexedBytes(byName.get(name)!) === undefined)
    if (useless >= 0) {
      const { name, type } = byName.get(names[useless]!)!
      const expected = 'a column whose type a B-tree index orders in a useful way: no jsonb, no array'
      return [
        { path: [...path, useless], expected, got: `${name}, ${type}`, advice: 'Leave the column out.' },
      ]
    }
    const bytes = names.reduce((sum, name) => sum + indexedBytes(byName.get(name)!)!, 0)
    if (bytes <= MAX_INDEX_BYTES) return []
    const expected = `columns of at most ${MAX_INDEX_BYTES} bytes together, the most that an index entry holds`
    return [
      { path, expected, got: `up to ${bytes} bytes`, advice: 'Lower maxBytes of the text columns in it.' },
    ]
  })
}
