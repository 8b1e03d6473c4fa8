import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'
import type { ColdColumn, ColdValue } from './cold-columns.js'
import type { ColumnValues } from './write-parquet.js'

/** What a Parquet file holds. */
export interface ParquetContent {
  readonly rows: number
  readonly columnNames: readonly string[]
  /** One row group after the other, in the order of `columns`. */
  groups(columns: readonly Pick<ColdColumn, 'name'>[]): AsyncGenerator<ColumnValues>
}

/** Opens a Parquet file; throws where it is none. */
export async function readParquet(path: string): Promise<ParquetContent> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  async function* groups(columns: readonly Pick<ColdColumn, 'name'>[]): AsyncGenerator<ColumnValues> {
    let rowStart = 0
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows)
      const values = new Map<string, ColdValue[]>(columns.map(({ name }) => [name, []]))
      await parquetRead({
        ...{ file, metadata, rowStart, rowEnd, columns: [...values.keys()] },
        // A Date would lose the microseconds.
        parsers: { timestampFromMicroseconds: (micros: bigint) => micros },
        onChunk: ({ columnName, columnData }) => {
          const all = values.get(columnName)
          for (const value of columnData as Iterable<ColdValue | undefined>) all?.push(value ?? null)
        },
      })
      yield [...values.values()]
      rowStart = rowEnd
    }
  }
  return {
    rows: Number(metadata.num_rows),
    columnNames: metadata.schema.slice(1).map(({ name }) => name),
    groups,
  }
}

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(piece as Buffer)
  return hash.digest('hex')
}
