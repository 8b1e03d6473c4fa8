import type { CopyWriter } from '../../postgres/copy-writer.js'
import { TextSet } from '../bytes/text-set.js'
import type { Refusal } from '../line/refusal.js'
import type { ValueEncoder } from './value-encoder.js'

/** Text that is one of the declared values. Kept as text: a type of PostgreSQL's own could not lose a value again. */
export class EnumEncoder implements ValueEncoder {
  private readonly values: TextSet

  constructor(
    values: readonly string[],
    private readonly invalid: Refusal,
  ) {
    this.values = new TextSet(values)
  }

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    if (this.values.find(bytes, start, end) < 0) return this.invalid
    writer.writeBytes(bytes, start, end)
    return undefined
  }
}
