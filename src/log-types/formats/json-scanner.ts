import { digitsEnd } from '../bytes/digits.js'
import { hexAt, isHighSurrogate, isLowSurrogate } from './json-string.js'

/** Results below 0 of a scan. */
export const INVALID = -1
/** A NUL character is escaped in a string: PostgreSQL does not store it. */
export const HAS_NUL = -2
/** Half of a surrogate pair is escaped in a string: no character. */
export const HAS_LONE_SURROGATE = -3

/** Deeper texts are refused. PostgreSQL would take some thousands, by recursion. */
export const MAX_DEPTH = 100
/** Numbers beyond these are refused: PostgreSQL's numeric has bounds, and would refuse the row. */
const MAX_NUMBER_BYTES = 1000
const MAX_EXPONENT = 1000

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const LOWER_U = 0x75

/** Bytes that a string goes over without looking: not a quote, a backslash or a control character. */
const isPlain = new Uint8Array(256).fill(1, 0x20)
isPlain[QUOTE] = 0
isPlain[BACKSLASH] = 0
const isSimpleEscape = new Uint8Array(256)
for (const byte of Buffer.from('"\\/bfnrt')) isSimpleEscape[byte] = 1

/** Whether [start, end), valid UTF-8, is a JSON text (RFC 8259) that PostgreSQL takes as jsonb. Never throws. */
export function isValidJson(bytes: Buffer, start: number, end: number): boolean {
  const at = shared.value(bytes, shared.space(bytes, start, end), end)
  return at >= 0 && shared.space(bytes, at, end) === end
}

/**
 * Goes over JSON texts in one pass, validating. Each method takes a place in the text and returns the one after what it
 * is named for, or one of the results below 0; nothing outside of [.., end) is read.
 */
export class JsonScanner {
  /** Set when a string with an escape is met; set it to false before what you want to know it of. */
  hasEscape = false
  /** For each open container, the byte that closes it. */
  private readonly closers = new Uint8Array(MAX_DEPTH)

  /** After white space. */
  space(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end) {
      const byte = bytes[at]!
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
      at++
    }
    return at
  }

  /** `from`: after the opening quote. Returns the place of the closing one. */
  string(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!
      if (isPlain[byte] === 1) continue
      if (byte === QUOTE) return at
      if (byte !== BACKSLASH) return INVALID
      this.hasEscape = true
      const next = at + 1 < end ? bytes[at + 1]! : 0
      if (isSimpleEscape[next] === 1) at++
      else if (next === LOWER_U) {
        const code = hexAt(bytes, at + 2, end)
        if (code < 0) return INVALID
        if (code === 0) return HAS_NUL
        at += 5
        if (isLowSurrogate(code)) return HAS_LONE_SURROGATE
        if (isHighSurrogate(code)) {
          const hasMore = at + 2 < end && bytes[at + 1] === BACKSLASH && bytes[at + 2] === LOWER_U
          if (!hasMore || !isLowSurrogate(hexAt(bytes, at + 3, end))) return HAS_LONE_SURROGATE
          at += 6
        }
      } else return INVALID
    }
    return INVALID
  }

  /** The white space after a key's closing quote, the colon, and the white space after it. */
  colon(bytes: Buffer, from: number, end: number): number {
    const at = this.space(bytes, from, end)
    return at < end && bytes[at] === COLON ? this.space(bytes, at + 1, end) : INVALID
  }

  /** `from`: the first byte of the value, white space skipped. `depth`: how many containers are open around it. */
  value(bytes: Buffer, from: number, end: number, depth = 0): number {
    const { closers } = this
    let at = from
    let open = depth
    for (;;) {
      if (at >= end) return INVALID
      const byte = bytes[at]!
      if (byte === QUOTE) {
        at = this.string(bytes, at + 1, end)
        if (at < 0) return at
        at++
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (open === MAX_DEPTH) return INVALID
        const closer = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET
        at = this.space(bytes, at + 1, end)
        if (at < end && bytes[at] === closer) at++
        else {
          closers[open++] = closer
          if (byte === OPEN_BRACE) {
            at = this.key(bytes, at, end)
            if (at < 0) return at
          }
          continue
        }
      } else {
        at = this.scalar(bytes, at, end)
        if (at < 0) return at
      }
      for (;;) {
        if (open === depth) return at
        at = this.space(bytes, at, end)
        if (at >= end) return INVALID
        const next = bytes[at]!
        const closer = closers[open - 1]!
        if (next === COMMA) {
          at = this.space(bytes, at + 1, end)
          if (closer === CLOSE_BRACE) {
            at = this.key(bytes, at, end)
            if (at < 0) return at
          }
          break
        }
        if (next !== closer) return INVALID
        at++
        open--
      }
    }
  }

  private key(bytes: Buffer, from: number, end: number): number {
    if (from >= end || bytes[from] !== QUOTE) return INVALID
    const close = this.string(bytes, from + 1, end)
    return close < 0 ? close : this.colon(bytes, close + 1, end)
  }

  private scalar(bytes: Buffer, from: number, end: number): number {
    switch (bytes[from]) {
      case 0x74:
        return word(bytes, from, end, 'true')
      case 0x66:
        return word(bytes, from, end, 'false')
      case 0x6e:
        return word(bytes, from, end, 'null')
      default:
        return number(bytes, from, end)
    }
  }
}

const shared = new JsonScanner()

function word(bytes: Buffer, from: number, end: number, text: string): number {
  if (from + text.length > end) return INVALID
  for (let k = 1; k < text.length; k++) if (bytes[from + k] !== text.charCodeAt(k)) return INVALID
  return from + text.length
}

function number(bytes: Buffer, from: number, end: number): number {
  let at = from
  if (bytes[at] === 0x2d) at++
  const whole = at
  at = digitsEnd(bytes, at, end)
  if (at === whole || (bytes[whole] === 0x30 && at > whole + 1)) return INVALID
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1
    at = digitsEnd(bytes, fraction, end)
    if (at === fraction) return INVALID
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    const exponent = at
    at = digitsEnd(bytes, exponent, end)
    if (at === exponent) return INVALID
    let size = 0
    for (let k = exponent; k < at && size <= MAX_EXPONENT; k++) size = size * 10 + bytes[k]! - 0x30
    if (size > MAX_EXPONENT) return INVALID
  }
  return at - from > MAX_NUMBER_BYTES ? INVALID : at
}
