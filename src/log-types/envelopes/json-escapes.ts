import type { Scratch } from '../scratch.js'

const BACKSLASH = 0x5c
const LOWER_U = 0x75
/** Longest form of one character in UTF-8. */
const MAX_CHARACTER_BYTES = 4

/** For the letter after a backslash, the byte that is meant; 0 for none. */
const simpleEscapes = new Uint8Array(128)
for (const [letter, byte] of Object.entries({
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
})) {
  simpleEscapes[letter.charCodeAt(0)] = byte
}

export const UNESCAPED = 0
export const BAD_ESCAPE = 1
/** An escaped NUL, which PostgreSQL does not store in text. */
export const ESCAPED_NUL = 2
/** Half of a surrogate pair, which is not text. */
export const LONE_SURROGATE = 3

/** Appends the text that the inside of a JSON string stands for; on anything but UNESCAPED, what came before it. */
export function unescapeJson(bytes: Buffer, start: number, end: number, scratch: Scratch): number {
  // No escape stands for more bytes than it has.
  scratch.reserve(end - start + MAX_CHARACTER_BYTES)
  const { buffer } = scratch
  let target = scratch.position
  let result = UNESCAPED
  for (let at = start; at < end; ) {
    const byte = bytes[at]!
    if (byte !== BACKSLASH) {
      buffer[target++] = byte
      at++
      continue
    }
    const letter = at + 1 < end ? bytes[at + 1]! : 0
    if (letter !== LOWER_U) {
      const simple = letter < 128 ? simpleEscapes[letter]! : 0
      if (simple === 0) {
        result = BAD_ESCAPE
        break
      }
      buffer[target++] = simple
      at += 2
      continue
    }
    let code = hex4(bytes, at + 2, end)
    at += 6
    if (code >= 0xd800 && code <= 0xdfff) {
      const low =
        at + 1 < end && bytes[at] === BACKSLASH && bytes[at + 1] === LOWER_U ? hex4(bytes, at + 2, end) : -1
      if (code > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        result = LONE_SURROGATE
        break
      }
      code = 0x1_00_00 + ((code - 0xd800) << 10) + low - 0xdc00
      at += 6
    }
    if (code <= 0) {
      result = code === 0 ? ESCAPED_NUL : BAD_ESCAPE
      break
    }
    target = writeUtf8(buffer, target, code)
  }
  scratch.position = target
  return result
}

function writeUtf8(buffer: Buffer, position: number, code: number): number {
  let at = position
  if (code < 0x80) buffer[at++] = code
  else {
    if (code < 0x800) buffer[at++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x1_00_00) buffer[at++] = 0xe0 | (code >> 12)
      else {
        buffer[at++] = 0xf0 | (code >> 18)
        buffer[at++] = 0x80 | ((code >> 12) & 0x3f)
      }
      buffer[at++] = 0x80 | ((code >> 6) & 0x3f)
    }
    buffer[at++] = 0x80 | (code & 0x3f)
  }
  return at
}

/** Four hexadecimal digits as a number, or -1. */
function hex4(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) return -1
  let value = 0
  for (let k = at; k < at + 4; k++) {
    const byte = bytes[k]!
    let digit = -1
    if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66) digit = (byte | 0x20) - 0x57
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}
