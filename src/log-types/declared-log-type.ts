import { createHash } from 'node:crypto'
import type { CopyWriter } from '../postgres/copy-writer.js'
import { encodeColumn } from './columns/encode-column.js'
import { EncodedColumn } from './columns/encoded-column.js'
import { type Declaration, PARTITION_KEY } from './declaration.js'
import { compileDetector, runDetector } from './detector.js'
import { DissectFormat } from './dissect.js'
import { KeyValueFormat } from './key-value.js'
import type { LineFormat } from './line-format.js'
import type { LineSource } from './line-source.js'
import type { Column, EncodedLine, LineLayout, LogType } from './log-type.js'
import type { Refusal } from './refusal.js'
import { UsualLine } from './usual-line/usual-line.js'
import { checkText } from './utf8.js'

/** A log type compiled from a checked declaration. */
export class DeclaredLogType implements LogType {
  readonly name: string
  readonly version: number
  readonly table: string
  readonly columns: readonly Column[]
  readonly copyColumns: readonly string[]
  readonly copyLayout: string
  readonly dedup: LogType['dedup']
  readonly indexes: readonly (readonly string[])[]
  readonly layout: LineLayout
  private readonly detectors: Int32Array
  private readonly detectorStarts: readonly number[]
  private readonly usual: UsualLine | undefined
  private readonly format: LineFormat
  private readonly encoded: readonly EncodedColumn[]
  /** Start and end of each column's field in the line in work. */
  private readonly fields: Int32Array

  constructor(declaration: Declaration) {
    this.name = declaration.name
    this.version = declaration.version
    this.table = declaration.table
    this.dedup = declaration.dedup
    this.indexes = declaration.indexes
    this.columns = declaration.columns.map(({ name, type, required, from }) => {
      return { name, type, required, field: from ?? name }
    })
    this.copyColumns = [
      'source_id',
      'line_offset',
      'parser_version',
      ...this.columns.map((column) => column.name),
      'extra',
    ]
    const columnTypes = this.columns.map((column) => `${column.name} ${column.type}`).join(', ')
    this.copyLayout = createHash('sha256').update(columnTypes).digest('hex').slice(0, 16)
    const programs = declaration.detect.map(compileDetector)
    this.detectors = Int32Array.from(programs.flat())
    this.detectorStarts = programs.map((_, index) => programs.slice(0, index).flat().length)
    this.format = createFormat(declaration.format, this.columns)
    this.layout = this.format.layout
    this.encoded = declaration.columns.map(
      (column) => new EncodedColumn(column, column.name === PARTITION_KEY),
    )
    this.usual = UsualLine.compile(declaration, this.encoded)
    this.fields = new Int32Array(2 * this.columns.length)
  }

  detect(bytes: Buffer, start: number, end: number, linePlainEnd: number): boolean {
    const { detectors, detectorStarts } = this
    for (let i = 0; i < detectorStarts.length; i++) {
      if (runDetector(detectors, detectorStarts[i]!, bytes, start, end, linePlainEnd)) return true
    }
    return false
  }

  encodeLine(
    source: LineSource,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    const { bytes } = source
    if (!source.isCleanLine(start, end)) {
      const refusal = checkText(bytes, start, end)
      if (refusal !== undefined) return refusal
    }
    if (this.usual?.encode(source, start, end, writer, out)) return undefined
    const { fields, encoded } = this
    const shapeRefusal = this.format.split(bytes, start, end, fields)
    if (shapeRefusal !== undefined) return shapeRefusal
    for (let i = 0; i < encoded.length; i++) {
      const refusal = encodeColumn(encoded[i]!, bytes, fields[2 * i]!, fields[2 * i + 1]!, writer, out)
      if (refusal !== undefined) return refusal
    }
    return this.format.writeExtra(bytes, writer)
  }
}

function createFormat(format: Declaration['format'], columns: readonly Column[]): LineFormat {
  switch (format.kind) {
    case 'key-value':
      return new KeyValueFormat(format.head, format.pairs, columns)
    case 'dissect':
      return new DissectFormat(format.pattern, columns)
  }
}
