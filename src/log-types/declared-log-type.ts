import { createHash } from 'node:crypto'
import type { CopyWriter } from '../postgres/copy-writer.js'
import { checkText } from './bytes/utf8.js'
import { ColumnContext } from './columns/column-context.js'
import { columnSchema } from './columns/column-schema.js'
import { createColumn } from './columns/create-column.js'
import { encodeColumn } from './columns/encode-column.js'
import type { EncodedColumn } from './columns/encoded-column.js'
import { sqlTypeOf } from './columns/sql-type.js'
import {
  type ColumnDeclaration,
  type Declaration,
  KEPT_LINE,
  PARTITION_KEY,
} from './declaration/declaration.js'
import { fieldSlots, LINE_FIELD, MESSAGE_FIELD, slotsOfStage, stagesOf } from './declaration/field-plan.js'
import { fieldOf } from './declaration/finding.js'
import { type Rollup, rollupsOf } from './declaration/rollup.js'
import { compileDetection, type Detection } from './detection/detection.js'
import { ENVELOPE_TIME, MessageReader } from './envelopes/message-reader.js'
import { envelopes } from './envelopes/read-envelope.js'
import type { LineFormat } from './formats/line-format.js'
import { createTypeFormat } from './layers/alternatives.js'
import { Extract } from './layers/extract.js'
import { FieldChoice } from './layers/field-choice.js'
import { lineLayout } from './layers/line-layout.js'
import { UsualLine } from './layers/usual-line/usual-line.js'
import { Fields } from './line/fields.js'
import type { LineSource } from './line/line-source.js'
import { Multiline } from './line/multiline.js'
import type { Refusal } from './line/refusal.js'
import { SCRATCH } from './line/scratch.js'
import { type Column, type EncodedLine, type LogType, leadingColumns } from './log-type.js'

/** A log type compiled from a checked declaration. */
export class DeclaredLogType implements LogType {
  readonly declaration: Declaration
  readonly name: string
  readonly version: number
  readonly table: string
  readonly columns: readonly Column[]
  readonly copyColumns: readonly string[]
  readonly columnTypes: readonly string[]
  readonly copyLayout: string
  readonly dedup: LogType['dedup']
  readonly indexes: readonly (readonly string[])[]
  readonly retention: LogType['retention']
  readonly rollups: readonly Rollup[]
  readonly layout: LogType['layout']
  readonly description: string | undefined
  readonly detection: Detection
  readonly multiline: Multiline | undefined
  private readonly usual: UsualLine | undefined
  private readonly envelope: MessageReader | undefined
  private readonly format: LineFormat
  private readonly extracts: readonly Extract[]
  private readonly choices: readonly FieldChoice[]
  private readonly messageSlot: number
  private readonly lineSlot: number
  private readonly encoded: readonly EncodedColumn[]
  /** Of the line in work. Column i is the field of slot i. */
  private readonly fields: Fields
  private readonly context: ColumnContext

  constructor(declared: Declaration) {
    this.declaration = declared
    const declaration = withKeptLine(declared)
    this.name = declaration.name
    this.version = declaration.version
    this.table = declaration.table
    this.description = declaration.description
    this.dedup = declaration.dedup
    this.detection = compileDetection(declaration.envelope, declaration.detect)
    this.multiline = declaration.multiline && new Multiline(declaration.multiline)
    this.indexes = declaration.indexes
    const { retention } = declaration
    this.retention = retention && { days: retention.days, goal: retention.then }
    this.rollups = rollupsOf(declaration.table, declaration.rollups)
    this.columns = declaration.columns.map((column) => {
      const { name, type, required } = column
      return { name, type: sqlTypeOf(type), required, field: fieldOf(column) }
    })
    this.copyColumns = [...leadingColumns, ...this.columns.map((column) => column.name), 'extra']
    this.columnTypes = this.columns.map((column) => `${column.name} ${column.type}`)
    this.copyLayout = createHash('sha256').update(this.columnTypes.join(', ')).digest('hex').slice(0, 16)
    const slots = fieldSlots(declaration)
    this.fields = new Fields(slots.names.length)
    const stages = stagesOf(declaration)
    const [formatStage, ...extractStages] = stages
    const formatSlots = slotsOfStage(declaration, stages, formatStage!, slots)
    this.format = createTypeFormat(declaration.format, formatSlots, slots, this.fields)
    this.extracts = declaration.extract.map((extract, index) => {
      const slot = slots.of(extract.from)
      const stageSlots = slotsOfStage(declaration, stages, extractStages[index]!, slots)
      const format = createTypeFormat(extract, stageSlots, slots, this.fields)
      return new Extract(extract, slot, format, slot < declaration.columns.length)
    })
    this.choices = FieldChoice.compile(declaration, slots)
    this.envelope =
      declaration.envelope === undefined
        ? undefined
        : new MessageReader(declaration.envelope.kind, slots, this.fields)
    this.messageSlot = slots.of(MESSAGE_FIELD)
    this.lineSlot = slots.of(LINE_FIELD)
    this.layout = lineLayout(declaration, this.columns)
    this.context = new ColumnContext(this.fields.scratch, declaration.timezone)
    this.encoded = declaration.columns.map((column) =>
      createColumn(withTimeFormats(column, declaration), column.name === PARTITION_KEY, this.context),
    )
    this.usual = UsualLine.compile(declaration, this.encoded)
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
    const shapeRefusal = this.takeApart(bytes, start, end, fields)
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

  encodeField(column: number, value: Buffer, fileTimeMs: number, writer: CopyWriter): Refusal | undefined {
    const refusal = checkText(value, 0, value.length)
    if (refusal !== undefined) return refusal
    // Prepared values are put together in its scratch memory.
    this.fields.clear()
    this.context.fileTimeMs = fileTimeMs
    return encodeColumn(this.encoded[column]!, value, 0, value.length, writer, { timestampMs: 0 })
  }

  /** Sets the slots of all fields that the line has. */
  private takeApart(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { choices, envelope, extracts, lineSlot, messageSlot } = this
    if (lineSlot >= 0) fields.set(lineSlot, start, end)
    let refusal: Refusal | undefined
    if (envelope === undefined) {
      if (messageSlot >= 0) fields.set(messageSlot, start, end)
      refusal = this.format.split(bytes, start, end, fields)
    } else {
      refusal = envelope.open(bytes, start, end, fields) ?? this.splitMessage(envelope, bytes, fields)
    }
    for (let i = 0; i < extracts.length && refusal === undefined; i++)
      refusal = extracts[i]!.run(bytes, fields)
    for (let i = 0; i < choices.length && refusal === undefined; i++)
      refusal = choices[i]!.choose(bytes, fields)
    return refusal
  }

  private splitMessage(message: MessageReader, bytes: Buffer, fields: Fields): Refusal | undefined {
    const { start, end, isInScratch } = message
    const base = isInScratch ? SCRATCH : 0
    if (this.messageSlot >= 0) fields.set(this.messageSlot, base + start, base + end)
    if (!isInScratch) return this.format.split(bytes, start, end, fields)
    // Appending may give scratch memory another buffer; this one keeps the message.
    const { buffer } = fields.scratch
    fields.save()
    const refusal = this.format.split(buffer, start, end, fields)
    if (refusal === undefined) fields.addScratchToNew()
    return refusal
  }
}

/** The time of an envelope is written in its own formats, unless the column says something else. */
function withTimeFormats(column: ColumnDeclaration, { envelope }: Declaration): ColumnDeclaration {
  if (envelope === undefined || column.type !== 'timestamptz' || column.formats !== undefined) return column
  if (fieldOf(column) !== ENVELOPE_TIME) return column
  return { ...column, formats: [...envelopes[envelope.kind].timeFormats] }
}

/** Keeping the line is a column more, of any length that a line may have. */
function withKeptLine(declaration: Declaration): Declaration {
  if (!declaration.keepLine) return declaration
  const kept = columnSchema.parse({ name: KEPT_LINE, type: 'text', from: LINE_FIELD })
  const column = { ...kept, maxBytes: Number.MAX_SAFE_INTEGER } as typeof kept
  return { ...declaration, columns: [...declaration.columns, column] }
}
