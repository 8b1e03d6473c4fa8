import type { CopyWriter } from '../../postgres/copy-writer.js'
import { hexByte } from '../bytes/hex.js'
import type { Refusal } from '../line/refusal.js'
import type { ValueEncoder } from './value-encoder.js'

const DASH = 0x2d
const OPENING = 0x7b
const CLOSING = 0x7d
const uuid = Buffer.alloc(16)

/** Writes a UUID: 32 hexadecimal digits, with the four hyphens or without, in braces or not. */
export class UuidEncoder implements ValueEncoder {
  constructor(private readonly invalid: Refusal) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    let at = start
    let stop = end
    if (bytes[start] === OPENING) {
      if (bytes[end - 1] !== CLOSING) return this.invalid
      at++
      stop--
    }
    const hasHyphens = stop - at === 36
    if (!hasHyphens && stop - at !== 32) return this.invalid
    for (let i = 0; i < 16; i++, at += 2) {
      if (hasHyphens && (i === 4 || i === 6 || i === 8 || i === 10) && bytes[at++] !== DASH)
        return this.invalid
      const byte = hexByte(bytes, at)
      if (byte < 0) return this.invalid
      uuid[i] = byte
    }
    writer.writeBytes(uuid, 0, 16)
    return undefined
  }
}
