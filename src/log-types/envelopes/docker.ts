import { type EnvelopeLine, STREAM, TIMESTAMP } from './envelope-line.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const LIST_OPEN = 0x5b
const LIST_CLOSE = 0x5d
const LOWER_N = 0x6e

/**
 * A line of Docker's json-file driver, one object:
 *
 *   {"log":"message\n","stream":"stdout","attrs":{…},"time":"2024-01-15T10:23:45.123456789Z"}
 *
 * In any order, with members that are not looked at. The newline at the end of `log` is not part of the message; a
 * message without one is a part of a longer one. One pass over the line.
 */
export function readDocker(bytes: Buffer, start: number, end: number, line: EnvelopeLine): boolean {
  line.clear()
  line.messageStart = -1
  if (start >= end || bytes[start] !== OPEN) return false
  let at = start
  for (;;) {
    const keyStart = skipBlanks(bytes, at + 1, end) + 1
    if (keyStart >= end || bytes[keyStart - 1] !== QUOTE) return false
    const keyEnd = stringEnd(bytes, keyStart, end)
    if (keyEnd < 0) return false
    at = skipBlanks(bytes, keyEnd + 1, end)
    if (at >= end || bytes[at] !== COLON) return false
    const valueStart = skipBlanks(bytes, at + 1, end)
    at = valueEnd(bytes, valueStart, end)
    if (at < 0) return false
    if (bytes[valueStart] === QUOTE && !take(bytes, keyStart, keyEnd, valueStart + 1, at - 1, line))
      return false
    at = skipBlanks(bytes, at, end)
    if (at >= end) return false
    if (bytes[at] === CLOSE) break
    if (bytes[at] !== COMMA) return false
  }
  return line.messageStart >= 0 && skipBlanks(bytes, at + 1, end) === end
}

/** False for a member that comes twice, or that is written in a way that Docker never does. */
function take(
  bytes: Buffer,
  keyStart: number,
  keyEnd: number,
  start: number,
  end: number,
  line: EnvelopeLine,
): boolean {
  if (isKey(bytes, keyStart, keyEnd, 'log')) {
    if (line.messageStart >= 0) return false
    const isComplete = endsWithNewline(bytes, start, end)
    line.messageStart = start
    line.messageEnd = isComplete ? end - 2 : end
    line.partial = isComplete ? 0 : 1
    line.isEscaped = hasBackslash(bytes, start, line.messageEnd)
    return true
  }
  const part = isKey(bytes, keyStart, keyEnd, 'time')
    ? TIMESTAMP
    : isKey(bytes, keyStart, keyEnd, 'stream')
      ? STREAM
      : -1
  if (part < 0) return true
  if (line.spans[2 * part] !== -1 || hasBackslash(bytes, start, end)) return false
  line.set(part, start, end)
  return true
}

/** Whether a string's inside ends with an escape \n, whose backslash is not itself escaped. */
function endsWithNewline(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LOWER_N) return false
  let at = end - 2
  while (at >= start && bytes[at] === BACKSLASH) at--
  return (end - 2 - at) % 2 === 1
}

function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true
  return false
}

function isKey(bytes: Buffer, start: number, end: number, key: string): boolean {
  if (end - start !== key.length) return false
  for (let k = 0; k < key.length; k++) if (bytes[start + k] !== key.charCodeAt(k)) return false
  return true
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++
  return at
}

/** The place of the quote that ends the string whose inside begins at `start`, or -1. */
function stringEnd(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
  }
  return -1
}

/** The place after a value, or -1. Of one that is not looked at only strings and brackets count. */
function valueEnd(bytes: Buffer, start: number, end: number): number {
  let depth = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      at = stringEnd(bytes, at + 1, end)
      if (at < 0) return -1
      if (depth === 0) return at + 1
    } else if (byte === OPEN || byte === LIST_OPEN) depth++
    else if (byte === CLOSE || byte === LIST_CLOSE) {
      if (depth === 0) return at === start ? -1 : at
      if (--depth === 0) return at + 1
    } else if (byte === COMMA && depth === 0) return at === start ? -1 : at
  }
  return -1
}
