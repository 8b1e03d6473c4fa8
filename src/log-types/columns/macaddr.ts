import type { CopyWriter } from '../../postgres/copy-writer.js'
import { hexByte } from '../bytes/hex.js'
import type { Refusal } from '../line/refusal.js'
import type { ValueEncoder } from './value-encoder.js'

const COLON = 0x3a
const DASH = 0x2d
const POINT = 0x2e
const address = Buffer.alloc(6)

/** Writes a MAC address of six bytes: 08:00:2b:01:02:03, 08-00-2b-01-02-03, 0800.2b01.0203 or 08002b010203. */
export class MacaddrEncoder implements ValueEncoder {
  constructor(private readonly invalid: Refusal) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const length = end - start
    /** Bytes between two marks; 6: there are none. */
    const group = length === 17 ? 1 : length === 14 ? 2 : 6
    if (group === 6 && length !== 12) return this.invalid
    const mark = group === 1 ? bytes[start + 2]! : POINT
    if (group === 1 && mark !== COLON && mark !== DASH) return this.invalid
    let at = start
    for (let i = 0; i < 6; i++, at += 2) {
      if (i > 0 && i % group === 0 && bytes[at++] !== mark) return this.invalid
      const byte = hexByte(bytes, at)
      if (byte < 0) return this.invalid
      address[i] = byte
    }
    writer.writeBytes(address, 0, 6)
    return undefined
  }
}
