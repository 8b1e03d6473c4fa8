import { createHash } from 'node:crypto'
import type { CopyWriter } from '../postgres/copy-writer.js'
import { ColumnContext } from './columns/column-context.js'
import { createColumn } from './columns/create-column.js'
import { encodeColumn } from './columns/encode-column.js'
import type { EncodedColumn } from './columns/encoded-column.js'
import { sqlTypeOf } from './columns/sql-type.js'
import { type Declaration, PARTITION_KEY } from './declaration.js'
import { compileDetector, runDetector } from './detector.js'
import { FieldSlots } from './field-slots.js'
import { Fields } from './fields.js'
import { DissectFormat } from './formats/dissect.js'
import { KeyValueFormat } from './formats/key-value.js'
import type { LineFormat } from './formats/line-format.js'
import { lineLayout } from './line-layout.js'
import type { LineSource } from './line-source.js'
import { type Column, type EncodedLine, type LineLayout, type LogType, leadingColumns } from './log-type.js'
import type { Refusal } from './refusal.js'
import { SCRATCH } from './scratch.js'
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
  /** Of the line in work. Column i is the field of slot i. */
  private readonly fields: Fields
  private readonly context: ColumnContext

  constructor(declaration: Declaration) {
    this.name = declaration.name
    this.version = declaration.version
    this.table = declaration.table
    this.dedup = declaration.dedup
    this.indexes = declaration.indexes
    this.columns = declaration.columns.map(({ name, type, required, from }) => {
      return { name, type: sqlTypeOf(type), required, field: from ?? name }
    })
    this.copyColumns = [...leadingColumns, ...this.columns.map((column) => column.name), 'extra']
    const columnTypes = this.columns.map((column) => `${column.name} ${column.type}`).join(', ')
    this.copyLayout = createHash('sha256').update(columnTypes).digest('hex').slice(0, 16)
    const programs = declaration.detect.map(compileDetector)
    this.detectors = Int32Array.from(programs.flat())
    this.detectorStarts = programs.map((_, index) => programs.slice(0, index).flat().length)
    const slots = new FieldSlots(this.columns.map((column) => column.field))
    this.format = createFormat(declaration.format, slots)
    this.layout = lineLayout(declaration.format, this.columns)
    this.fields = new Fields(slots.names.length)
    this.context = new ColumnContext(this.fields.scratch, declaration.timezone)
    this.encoded = declaration.columns.map((column) =>
      createColumn(column, column.name === PARTITION_KEY, this.context),
    )
    this.usual = UsualLine.compile(declaration, this.encoded)
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
    fields.clear()
    const shapeRefusal = this.format.split(bytes, start, end, fields)
    if (shapeRefusal !== undefined) return shapeRefusal
    this.context.fileTimeMs = source.fileTimeMs
    const { spans } = fields
    for (let slot = 0; slot < encoded.length; slot++) {
      const from = spans[2 * slot]!
      const base = from >= SCRATCH ? SCRATCH : 0
      const fieldBytes = fields.bytesOf(slot, bytes)
      const to = spans[2 * slot + 1]! - base
      const refusal = encodeColumn(encoded[slot]!, fieldBytes, from - base, to, writer, out)
      if (refusal !== undefined) return refusal
    }
    return fields.extra.write(writer)
  }
}

function createFormat(format: Declaration['format'], slots: FieldSlots): LineFormat {
  switch (format.kind) {
    case 'key-value':
      return new KeyValueFormat(format.head, format.pairs, slots)
    case 'dissect':
      return new DissectFormat(format.pattern, slots)
  }
}
