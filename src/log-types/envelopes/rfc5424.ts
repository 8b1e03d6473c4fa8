import {
  APP,
  type EnvelopeLine,
  HOST,
  isDigit,
  MSGID,
  PID,
  SPACE,
  STRUCTURED,
  TIMESTAMP,
  tokenEnd,
} from './envelope-line.js'
import { readPriority } from './priority.js'

const DASH = 0x2d
const LESS = 0x3c
const GREATER = 0x3e
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x5b
const CLOSE = 0x5d

/** The parts of the header in their order, each with its greatest length; some senders exceed those of the RFC. */
const header = [
  [TIMESTAMP, 64],
  [HOST, 255],
  [APP, 128],
  [PID, 128],
  [MSGID, 128],
] as const

/** `<34>1 `, the beginning of a line of RFC 5424: the place after it, or -1. */
function readBeginning(bytes: Buffer, start: number, end: number, line: EnvelopeLine): number {
  const at = readPriority(bytes, start, end, line)
  if (at <= start || at + 1 >= end || bytes[at] !== 0x31 || bytes[at + 1] !== SPACE) return -1
  return at + 2
}

/**
 * A line of RFC 5424:
 *
 *   <PRI>1 time host app pid msgid (-|[id name="value" …]…) [message]
 *
 * A part that is `-` is absent. A byte order mark before the message is not part of it.
 */
export function readRfc5424(bytes: Buffer, start: number, end: number, line: EnvelopeLine): boolean {
  line.clear()
  let at = readBeginning(bytes, start, end, line)
  if (at < 0) return false
  for (const [part, most] of header) {
    const stop = tokenEnd(bytes, at, end, most)
    if (stop < 0 || stop >= end) return false
    if (stop > at + 1 || bytes[at] !== DASH) line.set(part, at, stop)
    at = stop + 1
  }
  if (at >= end) return false
  if (bytes[at] === DASH) at++
  else {
    const stop = structuredEnd(bytes, at, end)
    if (stop < 0) return false
    line.set(STRUCTURED, at, stop)
    at = stop
  }
  if (at < end && bytes[at++] !== SPACE) return false
  if (at + 3 <= end && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3
  line.messageStart = at
  line.messageEnd = end
  return true
}

/** Whether a line of syslog is one of RFC 5424: a version follows the priority, where otherwise the time does. */
export function looksLikeRfc5424(bytes: Buffer, start: number, end: number): boolean {
  if (start >= end || bytes[start] !== LESS) return false
  let at = start + 1
  while (at < end && at < start + 4 && isDigit(bytes[at])) at++
  return at + 2 < end && bytes[at] === GREATER && bytes[at + 1] === 0x31 && bytes[at + 2] === SPACE
}

/** Where the elements `[…][…]` end; within quotes a backslash takes the meaning of the byte after it. */
function structuredEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] === OPEN) {
    let inQuotes = false
    for (at++; ; at++) {
      if (at >= end) return -1
      const byte = bytes[at]!
      if (inQuotes) {
        if (byte === BACKSLASH) at++
        else if (byte === QUOTE) inQuotes = false
      } else if (byte === QUOTE) inQuotes = true
      else if (byte === CLOSE) break
    }
    at++
  }
  return at === start ? -1 : at
}
