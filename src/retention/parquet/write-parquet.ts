import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type ColdColumn, type ColdValue, schemaElement } from './cold-columns.js'

/** Values of some rows, an array for each column. */
export type ColumnValues = readonly (readonly ColdValue[])[]

export interface WrittenFile {
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** A Parquet file that is written one row group after the other; no more than one of them is held in memory. */
export class ParquetFile {
  private readonly bytes = new ByteWriter()
  private readonly hash: Hash = createHash('sha256')
  private readonly writer: ParquetWriter

  private constructor(
    private readonly file: FileHandle,
    private readonly columns: readonly ColdColumn[],
    metadata: Readonly<Record<string, string>>,
  ) {
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: [{ name: 'row', num_children: columns.length }, ...columns.map(schemaElement)],
      kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      createdBy: 'sluice',
    })
  }

  /** What is at `path` is replaced. */
  static async create(
    path: string,
    columns: readonly ColdColumn[],
    metadata: Readonly<Record<string, string>>,
  ): Promise<ParquetFile> {
    return new ParquetFile(await open(path, 'w', 0o640), columns, metadata)
  }

  async writeGroup(values: ColumnValues): Promise<void> {
    const rows = values[0]?.length ?? 0
    if (rows === 0) return
    await this.writer.write({
      columnData: this.columns.map(({ name }, index) => ({ name, data: [...values[index]!] })),
      rowGroupSize: rows,
    })
    await this.flush()
  }

  /** Writes the footer, and returns when the disk has all of it. */
  async finish(): Promise<WrittenFile> {
    await this.writer.finish()
    await this.flush()
    await this.file.sync()
    return { bytes: this.bytes.offset, sha256: this.hash.digest('hex') }
  }

  close(): Promise<void> {
    return this.file.close()
  }

  private async flush(): Promise<void> {
    const pending = this.bytes.getBytes()
    this.hash.update(pending)
    for (let at = 0; at < pending.length; ) {
      at += (await this.file.write(pending, at)).bytesWritten
    }
    this.bytes.index = 0
  }
}
