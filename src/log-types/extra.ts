import type { CopyWriter } from '../postgres/copy-writer.js'
import { createRefusal, type Refusal } from './refusal.js'

/** More undeclared fields than this in one line is a flood, not a new version of a log format. */
export const MAX_EXTRA_FIELDS = 64
/** Bound of the JSON text: with it no line can grow much in the table beyond its own length. */
export const MAX_EXTRA_BYTES = 16_384

const tooMany = createRefusal('too_many_fields', `expected at most ${MAX_EXTRA_FIELDS} undeclared fields`)
const tooLarge = createRefusal(
  'too_many_fields',
  `expected undeclared fields of at most ${MAX_EXTRA_BYTES} bytes as JSON`,
)
const duplicate = createRefusal('duplicate_field', 'expected every undeclared field once')

/** One field, five numbers: | key start | key end | value start | value end | hash of the key | */
const SPAN = 5

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const HEX = Buffer.from('0123456789abcdef', 'latin1')

/**
 * The undeclared fields of one line, written as the JSON text of an object with string values. The text is put
 * together from the bytes of the line; no object is made, so a key such as `__proto__` is nothing but a key.
 */
export class ExtraFields {
  private readonly spans = new Int32Array(MAX_EXTRA_FIELDS * SPAN)
  private count = 0

  clear(): void {
    this.count = 0
  }

  add(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    keyHash: number,
  ): Refusal | undefined {
    const { spans } = this
    if (this.count === MAX_EXTRA_FIELDS) return tooMany
    for (let at = 0; at < this.count * SPAN; at += SPAN) {
      if (spans[at + 4] === keyHash && sameBytes(bytes, spans[at]!, spans[at + 1]!, keyStart, keyEnd))
        return duplicate
    }
    const at = this.count++ * SPAN
    spans[at] = keyStart
    spans[at + 1] = keyEnd
    spans[at + 2] = valueStart
    spans[at + 3] = valueEnd
    spans[at + 4] = keyHash
    return undefined
  }

  /** Writes a jsonb field: NULL without fields. */
  write(bytes: Buffer, writer: CopyWriter): Refusal | undefined {
    const { spans, count } = this
    if (count === 0) {
      writer.writeNull()
      return undefined
    }
    const lengthAt = writer.position
    // Length word, version, and the text: each byte becomes at most 6, and writing stops after the bound.
    writer.reserve(5 + MAX_EXTRA_BYTES + 16)
    const target = writer.buffer
    const textAt = lengthAt + 5
    const limit = textAt + MAX_EXTRA_BYTES
    target[lengthAt + 4] = 1
    let at = textAt
    for (let span = 0; span < count * SPAN; span += SPAN) {
      target[at++] = span === 0 ? 0x7b : 0x2c
      at = writeString(bytes, spans[span]!, spans[span + 1]!, target, at, limit)
      if (at > limit) return tooLarge
      target[at++] = 0x3a
      at = writeString(bytes, spans[span + 2]!, spans[span + 3]!, target, at, limit)
      if (at > limit) return tooLarge
    }
    target[at++] = 0x7d
    if (at > limit) return tooLarge
    target.writeInt32BE(at - lengthAt - 4, lengthAt)
    writer.position = at
    return undefined
  }
}

function sameBytes(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let i = start, k = otherStart; i < end; i++, k++) if (bytes[i] !== bytes[k]) return false
  return true
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
