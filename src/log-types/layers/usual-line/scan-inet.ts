import type { CopyWriter } from '../../../postgres/copy-writer.js'
import { parseInetV6 } from '../../columns/inet.js'

const POINT = 0x2e
const COLON = 0x3a

/** Takes a host address and writes it. Returns where it stopped, or -1; see usual-line.ts. */
export function scanInet(bytes: Buffer, start: number, end: number, writer: CopyWriter): number {
  const stop = scanInetV4(bytes, start, end, writer)
  return stop < 0 ? scanInetV6(bytes, start, end, writer) : stop
}

/** Octets one after the other, since most of the time goes into guessing how many digits the next one has. */
function scanInetV4(bytes: Buffer, start: number, end: number, writer: CopyWriter): number {
  let at = start
  let address = 0
  for (let octets = 1; ; octets++) {
    let octet = bytes[at++]! - 48
    if (octet < 0 || octet > 9) return -1
    let digit = bytes[at]! - 48
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1
      octet = octet * 10 + digit
      digit = bytes[++at]! - 48
      if (digit >= 0 && digit <= 9) {
        octet = octet * 10 + digit
        at++
      }
    }
    if (octet > 255) return -1
    address = (address << 8) | octet
    if (octets === 4) break
    if (bytes[at++] !== POINT) return -1
  }
  if (at > end) return -1
  const { view, position } = writer
  view.setInt32(position, 8)
  view.setInt32(position + 4, 0x02_20_00_04)
  view.setInt32(position + 8, address)
  writer.position = position + 12
  return at
}

const address16 = new Uint8Array(16)

function scanInetV6(bytes: Buffer, start: number, end: number, writer: CopyWriter): number {
  let at = start
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= 48 && byte <= COLON) continue
    const letter = byte | 0x20
    if ((letter < 97 || letter > 102) && byte !== POINT) break
  }
  if (!parseInetV6(bytes, start, at, address16)) return -1
  writer.writeInetV6(address16)
  return at
}
