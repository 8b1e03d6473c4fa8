import type { CopyWriter } from '../../postgres/copy-writer.js'
import { createRefusal, type Refusal } from './refusal.js'

/** More undeclared fields than this in one line is a flood, not a new version of a log format. */
const MAX_EXTRA_FIELDS = 64
/** Bound of the JSON text: with it no line can grow much in the table beyond its own length. */
export const MAX_EXTRA_BYTES = 16_384

const tooMany = createRefusal('too_many_fields', `expected at most ${MAX_EXTRA_FIELDS} undeclared fields`)
const tooLarge = createRefusal(
  'too_many_fields',
  `expected undeclared fields of at most ${MAX_EXTRA_BYTES} bytes as JSON`,
)
const duplicate = createRefusal('duplicate_field', 'expected every undeclared field once')

/** One field, three numbers: | start of the key's JSON string in the text | its end | hash of the key |. */
const ENTRY = 3

/** What a write may go beyond the bound before it stops. */
const SLACK = 16

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const HEX = Buffer.from('0123456789abcdef', 'latin1')

/**
 * The undeclared fields of one line, as the JSON text of an object. The text is put together from bytes as the fields
 * come; no object is made, so a key such as `__proto__` is nothing but a key.
 */
export class ExtraFields {
  /** | {"key":value,"key":value |; the brace at the end comes when it is written out. */
  private readonly text = Buffer.allocUnsafeSlow(MAX_EXTRA_BYTES + SLACK)
  private readonly entries = new Int32Array(MAX_EXTRA_FIELDS * ENTRY)
  private count = 0
  private length = 0

  clear(): void {
    this.count = 0
    this.length = 0
  }

  /** How many fields there are; with their length what `rewind` takes. */
  get fieldCount(): number {
    return this.count
  }

  get textLength(): number {
    return this.length
  }

  /** Forgets what was added after a count and a length that were taken together. */
  rewind(fieldCount: number, textLength: number): void {
    this.count = fieldCount
    this.length = textLength
  }

  /** Adds a text value. `keyHash`: hashKey of the key (bytes/key-table.ts). */
  addText(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    keyHash: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Refusal | undefined {
    const refusal = this.addKey(keyBytes, keyStart, keyEnd, keyHash)
    if (refusal !== undefined) return refusal
    this.length = writeString(bytes, start, end, this.text, this.length, MAX_EXTRA_BYTES)
    return undefined
  }

  /** Adds a value that is valid JSON text already: it is taken as it stands. */
  addJson(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    keyHash: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Refusal | undefined {
    const refusal = this.addKey(keyBytes, keyStart, keyEnd, keyHash)
    if (refusal !== undefined) return refusal
    if (this.length + end - start <= MAX_EXTRA_BYTES) bytes.copy(this.text, this.length, start, end)
    this.length += end - start
    return undefined
  }

  private addKey(bytes: Buffer, start: number, end: number, hash: number): Refusal | undefined {
    const { entries, text } = this
    if (this.count === MAX_EXTRA_FIELDS) return tooMany
    // Beyond the bound nothing is kept any more: the line is refused when it is written out.
    if (this.length > MAX_EXTRA_BYTES) return undefined
    text[this.length++] = this.count === 0 ? 0x7b : 0x2c
    const keyAt = this.length
    const keyEnd = writeString(bytes, start, end, text, keyAt, MAX_EXTRA_BYTES)
    for (let at = 0; at < this.count * ENTRY; at += ENTRY) {
      if (
        entries[at + 2] === hash &&
        text.compare(text, keyAt, keyEnd, entries[at]!, entries[at + 1]!) === 0
      ) {
        this.length = keyAt - 1
        return duplicate
      }
    }
    const at = this.count++ * ENTRY
    entries[at] = keyAt
    entries[at + 1] = keyEnd
    entries[at + 2] = hash
    this.length = keyEnd
    if (this.length <= MAX_EXTRA_BYTES) text[this.length++] = 0x3a
    return undefined
  }

  /** Writes a jsonb field: NULL without fields. */
  write(writer: CopyWriter): Refusal | undefined {
    const { text, count } = this
    if (count === 0) {
      writer.writeNull()
      return undefined
    }
    if (this.length >= MAX_EXTRA_BYTES) return tooLarge
    text[this.length++] = 0x7d
    writer.writeJsonb(text, 0, this.length)
    return undefined
  }
}

/** Returns the position after the closing quote, or one beyond `limit`, where it stops, at most 8 bytes too far. */
function writeString(
  bytes: Buffer,
  start: number,
  end: number,
  target: Buffer,
  position: number,
  limit: number,
): number {
  let at = position
  target[at++] = QUOTE
  for (let i = start; i < end && at <= limit; i++) {
    const byte = bytes[i]!
    if (byte < 0x20) {
      target[at] = BACKSLASH
      target[at + 1] = LOWER_U
      target[at + 2] = 0x30
      target[at + 3] = 0x30
      target[at + 4] = HEX[byte >> 4]!
      target[at + 5] = HEX[byte & 15]!
      at += 6
    } else {
      if (byte === QUOTE || byte === BACKSLASH) target[at++] = BACKSLASH
      target[at++] = byte
    }
  }
  target[at++] = QUOTE
  return at
}
