import type { CopyWriter } from '../../postgres/copy-writer.js'
import { hexDigit } from '../bytes/hex.js'

const POINT = 0x2e
const COLON = 0x3a
/** 0001:0203:…, the last two groups as an IPv4 tail. */
const MAX_V6_BYTES = 45

/** An IPv4 address as an unsigned 32-bit integer, or -1. Four decimal numbers without leading zeros, nothing else. */
export function parseInetV4(bytes: Buffer, start: number, end: number): number {
  if (end - start > 15) return -1
  let address = 0
  let octet = -1
  let points = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    const digit = byte - 48
    if (digit >= 0 && digit <= 9) {
      if (octet < 0) octet = digit
      else {
        // 010 is 8 to some programs and 10 to others: refused.
        if (octet === 0) return -1
        octet = octet * 10 + digit
        if (octet > 255) return -1
      }
    } else {
      if (byte !== POINT || octet < 0 || points === 3) return -1
      address = (address << 8) | octet
      points++
      octet = -1
    }
  }
  return octet < 0 || points !== 3 ? -1 : ((address << 8) | octet) >>> 0
}

/** Writes an IPv6 address into `out` (16 bytes) and returns true; on false `out` holds anything. No zone, no prefix. */
export function parseInetV6(bytes: Buffer, start: number, end: number, out: Uint8Array): boolean {
  if (end - start < 2 || end - start > MAX_V6_BYTES) return false
  let length = 0
  /** Where in `out` the :: is, or -1. */
  let gap = -1
  let at = start
  if (bytes[at] === COLON) {
    if (bytes[at + 1] !== COLON) return false
    gap = 0
    at += 2
  }
  while (at < end) {
    if (length === 16) return false
    const groupStart = at
    let group = 0
    for (; at < end; at++) {
      const digit = hexDigit(bytes[at]!)
      if (digit < 0) break
      group = group * 16 + digit
      if (at - groupStart === 4) return false
    }
    if (at < end && bytes[at] === POINT) {
      if (length > 12) return false
      const tail = parseInetV4(bytes, groupStart, end)
      if (tail < 0) return false
      out[length++] = tail >>> 24
      out[length++] = tail >>> 16
      out[length++] = tail >>> 8
      out[length++] = tail
      break
    }
    if (at === groupStart) return false
    out[length++] = group >> 8
    out[length++] = group
    if (at === end) break
    if (bytes[at] !== COLON) return false
    at++
    if (at === end) return false
    if (bytes[at] === COLON) {
      if (gap >= 0) return false
      gap = length
      at++
    }
  }
  return gap < 0 ? length === 16 : fillGap(out, gap, length)
}

/** Moves what follows the :: to the end; it stands for at least one group. */
function fillGap(out: Uint8Array, gap: number, length: number): boolean {
  if (length > 14) return false
  out.copyWithin(16 - (length - gap), gap, length)
  out.fill(0, gap, 16 - (length - gap))
  return true
}

const v6Address = new Uint8Array(16)

/** Writes a host address; false, with nothing written, when [start, end) is none. */
export function encodeInet(bytes: Buffer, start: number, end: number, writer: CopyWriter): boolean {
  const v4 = parseInetV4(bytes, start, end)
  if (v4 >= 0) {
    writer.writeInetV4(v4)
    return true
  }
  if (!parseInetV6(bytes, start, end, v6Address)) return false
  writer.writeInetV6(v6Address)
  return true
}
