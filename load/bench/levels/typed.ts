import type { Client } from 'pg'
import { LOG_TYPES, type LogType } from '../../generate/record.js'
import {
  createExerciseTables,
  EXERCISE_TABLES,
  type ExerciseTable,
  valuesInOrder,
} from '../exercise-tables.js'
import { batching } from './batching.js'
import type { Level, LevelRow } from './level.js'

/** Batching, into a typed table with indexes for each log type: one INSERT of many rows (unnest) a table and batch. */
export const typed: Level = {
  ...batching,
  name: 'typed',
  title: '+ typed tables, indexes',
  createTables: createExerciseTables,
  async store(client, rows) {
    for (const [logType, table] of tablesOf(rows)) await insertRows(client, logType, table)
  },
}

/** The rows by log type, each row as its values in the order of the table's columns. */
export function tablesOf(rows: readonly LevelRow[]): Map<LogType, (string | null)[][]> {
  const byType = new Map<LogType, (string | null)[][]>()
  for (const { logType, timestamp, parsed, sourceFile } of rows) {
    const known = LOG_TYPES.find((name) => name === logType)
    if (known === undefined) continue
    const values = valuesInOrder(EXERCISE_TABLES[known], { ...parsed, timestamp }, sourceFile)
    const ofType = byType.get(known)
    if (ofType === undefined) byType.set(known, [values as (string | null)[]])
    else ofType.push(values as (string | null)[])
  }
  return byType
}

async function insertRows(
  client: Client,
  logType: LogType,
  rows: ReadonlyArray<ReadonlyArray<string | null>>,
): Promise<void> {
  const table = EXERCISE_TABLES[logType]
  await client.query({
    name: `insert ${logType}`,
    text: insertSql(table),
    values: table.columns.map((_, column) => rows.map((row) => row[column])),
  })
}

function insertSql({ table, columns }: ExerciseTable): string {
  const names = columns.map(([name]) => `"${name}"`)
  const arrays = columns.map(([, kind], index) => `$${index + 1}::${kind}[]`)
  return `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`
}
