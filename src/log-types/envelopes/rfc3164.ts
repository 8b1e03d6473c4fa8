import { APP, type EnvelopeLine, HOST, isDigit, PID, SPACE, TIMESTAMP, tokenEnd } from './envelope-line.js'
import { readPriority } from './priority.js'

const COLON = 0x3a
const OPEN = 0x5b
const CLOSE = 0x5d
const POINT = 0x2e
const months = new Set(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map(
    (name) => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
  ),
)

/** An ISO 8601 time with everything is 35 bytes long. */
const MAX_TIME_BYTES = 40
const MAX_HOST_BYTES = 255
const MAX_TAG_BYTES = 128
const MAX_PID_BYTES = 32

/**
 * A line as syslog daemons write it into files and send it:
 *
 *   [<PRI>] time [host] [tag[[pid]]:] message
 *
 * time: `Jan  5 10:23:45`, with a fraction or without, or an ISO 8601 time with a T. A host is missing where the tag
 * follows at once. What has no `tag:` is message as a whole, such as `last message repeated 3 times`.
 */
export function readRfc3164(bytes: Buffer, start: number, end: number, line: EnvelopeLine): boolean {
  line.clear()
  const timeStart = readPriority(bytes, start, end, line)
  if (timeStart < 0) return false
  const timeEnd = isDigit(bytes[timeStart])
    ? isoTimeEnd(bytes, timeStart, end)
    : bsdTimeEnd(bytes, timeStart, end)
  if (timeEnd < 0 || timeEnd >= end || bytes[timeEnd] !== SPACE) return false
  line.set(TIMESTAMP, timeStart, timeEnd)
  let at = timeEnd + 1
  const hostEnd = tokenEnd(bytes, at, end, MAX_HOST_BYTES)
  if (hostEnd < 0) return false
  if (bytes[hostEnd - 1] !== COLON) {
    line.set(HOST, at, hostEnd)
    at = hostEnd < end ? hostEnd + 1 : end
  }
  line.messageStart = readTag(bytes, at, end, line)
  line.messageEnd = end
  return true
}

/** Reads `tag[pid]: `; returns where the message begins, which is `start` without a tag. */
function readTag(bytes: Buffer, start: number, end: number, line: EnvelopeLine): number {
  const limit = Math.min(end, start + MAX_TAG_BYTES)
  let at = start
  for (; at < limit; at++) {
    const byte = bytes[at]!
    if (byte === SPACE || byte === COLON || byte === OPEN) break
  }
  const tagEnd = at
  if (tagEnd === start || tagEnd === limit) return start
  let pidStart = -1
  let pidEnd = -1
  if (bytes[at] === OPEN) {
    pidStart = ++at
    const pidLimit = Math.min(end, pidStart + MAX_PID_BYTES)
    while (at < pidLimit && bytes[at] !== CLOSE && bytes[at] !== SPACE) at++
    if (at === pidLimit || bytes[at] !== CLOSE) return start
    pidEnd = at++
  }
  if (at >= end || bytes[at] !== COLON) return start
  line.set(APP, start, tagEnd)
  if (pidEnd > pidStart) line.set(PID, pidStart, pidEnd)
  at++
  while (at < end && bytes[at] === SPACE) at++
  return at
}

/** Digits, then a T behind the date; the column says whether it is a time. */
function isoTimeEnd(bytes: Buffer, start: number, end: number): number {
  if (start + 19 > end || bytes[start + 10] !== 0x54 || bytes[start + 13] !== COLON) return -1
  return tokenEnd(bytes, start, end, MAX_TIME_BYTES)
}

/** `Jan  5 10:23:45`, `Jan 05 10:23:45` or `Jan 5 10:23:45.123`. */
function bsdTimeEnd(bytes: Buffer, start: number, end: number): number {
  if (start + 14 > end || bytes[start + 3] !== SPACE) return -1
  if (!months.has((bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!)) return -1
  let at = start + 4
  if (bytes[at] === SPACE) at++
  const dayStart = at
  while (at < dayStart + 2 && isDigit(bytes[at])) at++
  if (at === dayStart || at + 9 > end || bytes[at++] !== SPACE) return -1
  for (let part = 0; part < 3; part++) {
    if (!isDigit(bytes[at]) || !isDigit(bytes[at + 1])) return -1
    at += 2
    if (part < 2 && bytes[at++] !== COLON) return -1
  }
  if (at < end && bytes[at] === POINT) {
    const limit = Math.min(end, at + 10)
    at++
    while (at < limit && isDigit(bytes[at])) at++
  }
  return at
}
