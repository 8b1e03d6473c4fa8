import type { CopyWriter } from '../../postgres/copy-writer.js'
import { isValidJson } from '../formats/json-scanner.js'
import type { Refusal } from '../line/refusal.js'
import type { EncodedColumn } from './encoded-column.js'
import type { ValueEncoder } from './value-encoder.js'

/** Writes jsonb from JSON text. */
export class JsonbEncoder implements ValueEncoder {
  constructor(private readonly column: EncodedColumn) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const { column } = this
    if (end - start > column.maximum) return column.outside
    if (!isValidJson(bytes, start, end)) return column.invalid
    writer.writeJsonb(bytes, start, end)
    return undefined
  }
}
