import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type pg from 'pg'
import { DETACHED_SCHEMA, type ExpiredDay, type SourceRows } from '../../ledger/expired-days.js'
import { failpoint } from '../../lifecycle/failpoints.js'
import { quoteIdentifier } from '../../postgres/identifiers.js'
import {
  type ColdColumn,
  type ColdValue,
  readColdValue,
  selectColdColumns,
  selectExpression,
} from './cold-columns.js'
import { readParquet } from './read-parquet.js'
import { RowAccount } from './row-account.js'
import { type ColumnValues, ParquetFile, type WrittenFile } from './write-parquet.js'

/** Rows asked for at a time; the longest line is 64 KiB by default. */
const fetchRows = 1000
/** A row group ends with whichever comes first. Larger ones compress better, and all of one is in memory. */
const groupRows = 16_384
const groupBytes = 8 * 1024 * 1024

export interface ExportedTable extends WrittenFile {
  readonly sources: readonly SourceRows[]
}

/**
 * Writes a detached table to a Parquet file and reads it back. The file has a temporary name until all of it is on the
 * disk and was seen to hold every value, so that a file with the final name is always whole. The directory is made
 * where it is missing. A file of that name is replaced: it can only be this export's, repeated.
 */
export async function exportTable(
  client: pg.PoolClient,
  { logType, table, day, detachedTable }: ExpiredDay,
  path: string,
): Promise<ExportedTable> {
  if (detachedTable === null) throw new TypeError('only a detached day can be exported')
  const columns = await selectColdColumns(client, DETACHED_SCHEMA, detachedTable)
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.part`
  const written = new RowAccount(columns)
  const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]))
  const file = await ParquetFile.create(temporary, columns, {
    'sluice.log_type': logType,
    'sluice.table': table,
    'sluice.day': day,
    'sluice.types': JSON.stringify(types),
  })
  let finished: WrittenFile
  try {
    for await (const group of selectGroups(client, detachedTable, columns)) {
      written.add(group)
      await file.writeGroup(group)
    }
    finished = await file.finish()
  } finally {
    await file.close()
  }
  failpoint('retention.file-written', logType)
  await readBack(temporary, columns, written)
  await rename(temporary, path)
  await syncDirectory(dirname(path))
  failpoint('retention.file-renamed', logType)
  return { ...finished, sources: written.sources }
}

/** Throws unless the file holds exactly what was written. */
async function readBack(path: string, columns: readonly ColdColumn[], written: RowAccount): Promise<void> {
  const read = new RowAccount(columns)
  const content = await readParquet(path)
  for await (const group of content.groups(columns)) read.add(group)
  if (read.digest() === written.digest() && read.rows === written.rows && content.rows === written.rows)
    return
  throw new Error(`${path} does not hold what was written: ${read.rows} of ${written.rows} rows read back`)
}

/** All rows of a detached table, in pieces for a row group each, through a cursor. */
async function* selectGroups(
  client: pg.PoolClient,
  detachedTable: string,
  columns: readonly ColdColumn[],
): AsyncGenerator<ColumnValues> {
  const from = `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable)}`
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await client.query(
    `DECLARE sluice_cold NO SCROLL CURSOR FOR SELECT ${columns.map(selectExpression).join(', ')} FROM ${from}`,
  )
  const fetch = {
    text: `FETCH ${fetchRows} FROM sluice_cold`,
    rowMode: 'array' as const,
    // PostgreSQL's own text of every value; the kinds say what it is.
    types: { getTypeParser: () => (text: string) => text },
  }
  const kinds = columns.map(({ kind }) => kind)
  let group: ColdValue[][] = columns.map(() => [])
  let bytes = 0
  for (;;) {
    const { rows } = await client.query<(string | null)[]>(fetch)
    for (const row of rows) {
      for (let i = 0; i < kinds.length; i++) {
        const text = row[i]!
        group[i]!.push(readColdValue(kinds[i]!, text))
        if (text !== null) bytes += text.length
      }
    }
    const isLast = rows.length < fetchRows
    if (isLast || bytes >= groupBytes || group[0]!.length + fetchRows > groupRows) {
      if (group[0]!.length > 0) yield group
      group = columns.map(() => [])
      bytes = 0
    }
    if (isLast) break
  }
  await client.query('COMMIT')
}

/** The new name is on the disk as well. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** From names that the declaration's rules let through, a date and random digits; nothing of it is content. */
export function coldFilePath(file: { readonly directory: string; readonly name: string }): string {
  return join(file.directory, file.name)
}
