import type { CopyWriter } from '../../postgres/copy-writer.js'
import { fixedDigits } from '../bytes/digits.js'
import type { Refusal } from '../line/refusal.js'
import { parseInetV4, parseInetV6 } from './inet.js'
import type { ValueEncoder } from './value-encoder.js'

const SLASH = 0x2f
const address = Buffer.alloc(16)

/**
 * Writes a network: an address, a slash and the length of its prefix. Without those two it is a network of one host.
 * All bits after the prefix must be 0, as PostgreSQL demands.
 */
export class CidrEncoder implements ValueEncoder {
  constructor(private readonly invalid: Refusal) {}

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    let slash = end
    for (let i = Math.max(start, end - 4); i < end; i++) if (bytes[i] === SLASH) slash = i
    const v4 = parseInetV4(bytes, start, slash)
    if (v4 >= 0) address.writeUInt32BE(v4)
    else if (!parseInetV6(bytes, start, slash, address)) return this.invalid
    const length = v4 >= 0 ? 4 : 16
    const bits = slash === end ? length * 8 : parseBits(bytes, slash + 1, end)
    if (bits < 0 || bits > length * 8 || !isClearAfter(bits, length)) return this.invalid
    writer.writeCidr(address, length, bits)
    return undefined
  }
}

/** Up to three digits without leading zeros, or -1. */
function parseBits(bytes: Buffer, start: number, end: number): number {
  if (start === end || (bytes[start] === 48 && end - start > 1)) return -1
  return fixedDigits(bytes, start, end, end - start)
}

function isClearAfter(bits: number, length: number): boolean {
  let rest = bits
  for (let i = 0; i < length; i++, rest -= 8) {
    if (rest < 8 && (address[i]! & (0xff >> Math.max(0, rest))) !== 0) return false
  }
  return true
}
