/** Deeper than this nothing is nested that is meant to be read; it bounds the stack. */
export const MAX_JSON_DEPTH = 100

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const LOWER_U = 0x75

/**
 * Whether the bytes, which are UTF-8, are one JSON text (RFC 8259) that PostgreSQL takes as jsonb: at most
 * MAX_JSON_DEPTH deep, without \u0000 and without half a surrogate pair.
 */
export function isValidJson(bytes: Buffer, start: number, end: number): boolean {
  const stop = scanValue(bytes, skipSpace(bytes, start, end), end, 0)
  return stop >= 0 && skipSpace(bytes, stop, end) === end
}

/** The first byte from `at` on that is no JSON white space. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  let next = at
  while (next < end) {
    const byte = bytes[next]!
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    next++
  }
  return next
}

/** Where the value that begins at `at` ends, or -1 when there is none. */
function scanValue(bytes: Buffer, at: number, end: number, depth: number): number {
  if (at >= end) return -1
  switch (bytes[at]) {
    case QUOTE:
      return scanString(bytes, at, end)
    case 0x7b:
      return depth < MAX_JSON_DEPTH ? scanMembers(bytes, at + 1, end, depth + 1, 0x7d, true) : -1
    case 0x5b:
      return depth < MAX_JSON_DEPTH ? scanMembers(bytes, at + 1, end, depth + 1, 0x5d, false) : -1
    case 0x74:
      return scanWord(bytes, at, end, 'true')
    case 0x66:
      return scanWord(bytes, at, end, 'false')
    case 0x6e:
      return scanWord(bytes, at, end, 'null')
    default:
      return scanNumber(bytes, at, end)
  }
}

function scanMembers(
  bytes: Buffer,
  from: number,
  end: number,
  depth: number,
  closing: number,
  hasKeys: boolean,
): number {
  let at = skipSpace(bytes, from, end)
  if (at < end && bytes[at] === closing) return at + 1
  for (;;) {
    if (hasKeys) {
      at = at < end && bytes[at] === QUOTE ? scanString(bytes, at, end) : -1
      if (at < 0) return -1
      at = skipSpace(bytes, at, end)
      if (at >= end || bytes[at] !== COLON) return -1
      at = skipSpace(bytes, at + 1, end)
    }
    at = scanValue(bytes, at, end, depth)
    if (at < 0) return -1
    at = skipSpace(bytes, at, end)
    if (at >= end) return -1
    if (bytes[at] === closing) return at + 1
    if (bytes[at] !== COMMA) return -1
    at = skipSpace(bytes, at + 1, end)
  }
}

function scanString(bytes: Buffer, quote: number, end: number): number {
  let at = quote + 1
  while (at < end) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) return -1
    if (byte !== BACKSLASH) {
      at++
      continue
    }
    if (at + 1 >= end) return -1
    if (bytes[at + 1] !== LOWER_U) {
      if (!'"\\/bfnrt'.includes(String.fromCharCode(bytes[at + 1]!))) return -1
      at += 2
      continue
    }
    const unit = codeUnit(bytes, at, end)
    if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return -1
    at += 6
    if (unit < 0xd800 || unit > 0xdbff) continue
    const low = codeUnit(bytes, at, end)
    if (low < 0xdc00 || low > 0xdfff) return -1
    at += 6
  }
  return -1
}

/** The number of an escape \uXXXX, or -1. */
export function codeUnit(bytes: Buffer, at: number, end: number): number {
  if (at + 6 > end || bytes[at] !== BACKSLASH || bytes[at + 1] !== LOWER_U) return -1
  let unit = 0
  for (let i = at + 2; i < at + 6; i++) {
    const byte = bytes[i]!
    const digit = byte <= 57 ? byte - 48 : (byte | 0x20) - 87
    if (digit < 0 || digit > 15 || (byte > 57 && digit < 10)) return -1
    unit = unit * 16 + digit
  }
  return unit
}

function scanWord(bytes: Buffer, at: number, end: number, word: string): number {
  if (at + word.length > end) return -1
  for (let i = 1; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1
  return at + word.length
}

function scanNumber(bytes: Buffer, from: number, end: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  if (at < end && bytes[at] === 48) at++
  else at = scanDigits(bytes, at, end)
  if (at >= 0 && at < end && bytes[at] === 0x2e) at = scanDigits(bytes, at + 1, end)
  if (at >= 0 && at < end && (bytes[at]! | 0x20) === 0x65) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    at = scanDigits(bytes, at, end)
  }
  return at
}

/** The end of one or more digits, or -1. */
function scanDigits(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++
  return at === from ? -1 : at
}
