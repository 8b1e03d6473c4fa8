import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { generateRecords } from '../../generate/generate-records.js'
import { fileName } from '../../generate/layout.js'
import type { Oracle } from '../../generate/oracle.js'
import { isDeadLetter, LOG_TYPES, type LogType } from '../../generate/record.js'
import { EXERCISE_TABLES, valuesInOrder } from '../exercise-tables.js'
import { type CopyFormat, encodeBinaryRow, encodeTextRow } from './encode-rows.js'

/** Rows of one table in one file, ready for COPY, without the format's header and trailer. */
export interface PreparedRows {
  readonly table: string
  readonly columns: readonly string[]
  readonly format: CopyFormat
  readonly path: string
  /** What one COPY, and so one transaction, takes. */
  readonly pieces: ReadonlyArray<{
    readonly startByte: number
    readonly endByte: number
    readonly rows: number
  }>
}

/** Few enough commits that none of them matters; more rows at a time gained nothing. */
const ROWS_PER_TRANSACTION = 50_000

/**
 * Writes every row that the generator foresees, parsed and encoded, into a file for each table and format. This is
 * what the clock of the COPY limit does not see.
 */
export async function prepareRows(
  oracle: Oracle,
  formats: readonly CopyFormat[],
  directory: string,
): Promise<PreparedRows[]> {
  const writers = new Map<string, RowsWriter>()
  for (const format of formats) {
    for (const logType of LOG_TYPES) {
      writers.set(`${format} ${logType}`, createRowsWriter(logType, format, directory))
    }
  }
  for (const { expected, file } of generateRecords(oracle.options)) {
    if (isDeadLetter(expected)) continue
    const table = EXERCISE_TABLES[expected.logType]
    const values = valuesInOrder(table, expected.values, fileName(file))
    const kinds = table.columns.map(([, kind]) => kind)
    for (const format of formats) {
      const row = format === 'text' ? Buffer.from(encodeTextRow(values)) : encodeBinaryRow(kinds, values)
      await writers.get(`${format} ${expected.logType}`)!.add(row)
    }
  }
  return Promise.all([...writers.values()].map((writer) => writer.end()))
}

interface RowsWriter {
  add(row: Buffer): Promise<void>
  end(): Promise<PreparedRows>
}

const PORTION_ROWS = 1000

function createRowsWriter(logType: LogType, format: CopyFormat, directory: string): RowsWriter {
  const { table, columns } = EXERCISE_TABLES[logType]
  const path = join(directory, `${logType}.${format}`)
  const file: WriteStream = createWriteStream(path)
  const pieces: { startByte: number; endByte: number; rows: number }[] = []
  let portion: Buffer[] = []
  let writtenBytes = 0

  const flush = async () => {
    const bytes = Buffer.concat(portion)
    portion = []
    if (!file.write(bytes)) await once(file, 'drain')
  }
  return {
    async add(row) {
      let piece = pieces.at(-1)
      if (piece === undefined || piece.rows === ROWS_PER_TRANSACTION) {
        piece = { startByte: writtenBytes, endByte: writtenBytes, rows: 0 }
        pieces.push(piece)
      }
      writtenBytes += row.length
      piece.endByte = writtenBytes
      piece.rows++
      portion.push(row)
      if (portion.length === PORTION_ROWS) await flush()
    },
    async end() {
      await flush()
      file.end()
      await finished(file)
      return {
        ...{ table, format, path, pieces },
        columns: columns.map(([name]) => name),
      }
    },
  }
}
