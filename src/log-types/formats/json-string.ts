import { hexDigit } from '../bytes/hex.js'
import type { Scratch } from '../line/scratch.js'

const BACKSLASH = 0x5c
const LOWER_U = 0x75
/** What stands for a control character after a backslash: b f n r t. */
const CONTROLS = new Uint8Array(256)
for (const [letter, control] of ['b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  CONTROLS[letter!.charCodeAt(0)] = control!.charCodeAt(0)
}

/** The number of four hexadecimal digits at `at`, or -1. */
export function hexAt(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) return -1
  let code = 0
  for (let k = 0; k < 4; k++) {
    const digit = hexDigit(bytes[at + k]!)
    if (digit < 0) return -1
    code = (code << 4) | digit
  }
  return code
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

export function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}

/**
 * Appends what a string with escapes means. [start, end) is what stands between the quotes, found to be valid; an escape
 * that JSON does not know stays as it stands.
 */
export function appendUnescaped(scratch: Scratch, bytes: Buffer, start: number, end: number): void {
  // No escape is shorter than what it stands for.
  scratch.reserve(end - start)
  const { buffer } = scratch
  let to = scratch.position
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const next = byte === BACKSLASH && at + 1 < end ? bytes[at + 1]! : 0
    if (next === 0) {
      buffer[to++] = byte
    } else if (next === 0x22 || next === BACKSLASH || next === 0x2f) {
      buffer[to++] = next
      at++
    } else if (CONTROLS[next]! > 0) {
      buffer[to++] = CONTROLS[next]!
      at++
    } else {
      const code = next === LOWER_U ? hexAt(bytes, at + 2, end) : -1
      if (code < 0) {
        buffer[to++] = byte
      } else if (isHighSurrogate(code)) {
        const low = hexAt(bytes, at + 8, end)
        to = writeUtf8(buffer, to, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
        at += 11
      } else {
        to = writeUtf8(buffer, to, code)
        at += 5
      }
    }
  }
  scratch.position = to
}

function writeUtf8(buffer: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    buffer[at] = code
    return at + 1
  }
  if (code < 0x800) {
    buffer[at] = 0xc0 | (code >> 6)
    buffer[at + 1] = 0x80 | (code & 0x3f)
    return at + 2
  }
  if (code < 0x10000) {
    buffer[at] = 0xe0 | (code >> 12)
    buffer[at + 1] = 0x80 | ((code >> 6) & 0x3f)
    buffer[at + 2] = 0x80 | (code & 0x3f)
    return at + 3
  }
  buffer[at] = 0xf0 | (code >> 18)
  buffer[at + 1] = 0x80 | ((code >> 12) & 0x3f)
  buffer[at + 2] = 0x80 | ((code >> 6) & 0x3f)
  buffer[at + 3] = 0x80 | (code & 0x3f)
  return at + 4
}
