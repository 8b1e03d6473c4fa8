import { type CopyWriter, elementOids } from '../../postgres/copy-writer.js'
import { findFirst } from '../bytes/find-literal.js'
import { isValidJson } from '../formats/json-scanner.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import type { Scratch } from '../line/scratch.js'
import type { EncodedLine } from '../log-type.js'
import type { ColumnDeclaration } from './column-schema.js'
import { encodeColumn } from './encode-column.js'
import { DEFAULT_MAX_ITEMS, EncodedColumn } from './encoded-column.js'
import { JsonItems } from './json-items.js'
import type { ValueEncoder } from './value-encoder.js'

const OPENING_BRACKET = 0x5b

export type ArrayDeclaration = Extract<ColumnDeclaration, { type: `${string}[]` }>

/**
 * Writes an array from items with a separator between them, or, where none is declared or `json` is, from a JSON array.
 * Empty items between separators are left out; null and empty items of a JSON array are NULL.
 */
export class ArrayEncoder implements ValueEncoder {
  private readonly item: EncodedColumn
  private readonly oid: number
  private readonly separator: Buffer | undefined
  private readonly takesJson: boolean
  private readonly maxItems: number
  private readonly tooMany: Refusal
  private readonly json: JsonItems

  constructor(
    column: ArrayDeclaration,
    private readonly invalid: Refusal,
    scratch: Scratch,
  ) {
    const item = itemOf(column)
    this.item = new EncodedColumn(item, false)
    this.oid = elementOids[item.type]
    this.separator = column.separator === undefined ? undefined : Buffer.from(column.separator)
    this.takesJson = column.json === true
    this.maxItems = column.maxItems ?? DEFAULT_MAX_ITEMS
    this.tooMany = createRefusal('too_long', `${column.name}: expected at most ${this.maxItems} items`)
    this.json = new JsonItems(scratch)
  }

  encode(
    bytes: Buffer,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    const { separator } = this
    if (separator === undefined) {
      return isValidJson(bytes, start, end) ? this.encodeJson(bytes, start, end, writer, out) : this.invalid
    }
    return this.takesJson && bytes[start] === OPENING_BRACKET && isValidJson(bytes, start, end)
      ? this.encodeJson(bytes, start, end, writer, out)
      : this.encodeSeparated(separator, bytes, start, end, writer, out)
  }

  private encodeSeparated(
    separator: Buffer,
    bytes: Buffer,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    const began = writer.beginArray(this.oid)
    let items = 0
    for (let at = start; at < end; ) {
      const next = findFirst(bytes, at, end, separator, 0, separator.length)
      const found = next < 0 ? end : next
      if (found > at) {
        if (items++ === this.maxItems) return this.tooMany
        const refusal = encodeColumn(this.item, bytes, at, found, writer, out)
        if (refusal !== undefined) return refusal
      }
      at = found + separator.length
    }
    writer.endArray(began, items, false)
    return undefined
  }

  private encodeJson(
    bytes: Buffer,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    const { json } = this
    const refusal = json.open(bytes, start, end) ? this.encodeItems(writer, out) : this.invalid
    json.close()
    return refusal
  }

  private encodeItems(writer: CopyWriter, out: EncodedLine): Refusal | undefined {
    const { json } = this
    const began = writer.beginArray(this.oid)
    let items = 0
    let hasNulls = false
    while (json.next()) {
      if (json.isNested) return this.invalid
      if (items++ === this.maxItems) return this.tooMany
      if (json.start === json.end) hasNulls = true
      const refusal = encodeColumn(this.item, json.bytes, json.start, json.end, writer, out)
      if (refusal !== undefined) return refusal
    }
    writer.endArray(began, items, hasNulls)
    return undefined
  }
}

function itemOf(column: ArrayDeclaration) {
  const { name } = column
  switch (column.type) {
    case 'text[]':
      return { name, type: 'text', required: false, maxBytes: column.maxBytes } as const
    case 'integer[]':
      return { name, type: 'integer', required: false, min: column.min, max: column.max } as const
    case 'bigint[]':
      return { name, type: 'bigint', required: false, min: column.min, max: column.max } as const
    case 'inet[]':
      return { name, type: 'inet', required: false } as const
  }
}
