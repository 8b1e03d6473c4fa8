import { type EnvelopeLine, isDigit, SPACE, STREAM, TIMESTAMP, tokenEnd } from './envelope-line.js'

const MAX_TIME_BYTES = 40
const MAX_STREAM_BYTES = 6
const MAX_TAGS_BYTES = 64
const COLON = 0x3a
const PARTIAL = 0x50
const FULL = 0x46

/**
 * A line of a container as Kubernetes keeps it:
 *
 *   2024-01-15T10:23:45.123456789Z stdout F message
 *
 * The tag is F, or P for a part of a longer message; further tags may follow it after colons.
 */
export function readCri(bytes: Buffer, start: number, end: number, line: EnvelopeLine): boolean {
  line.clear()
  if (start + 20 > end || !isDigit(bytes[start]) || bytes[start + 10] !== 0x54) return false
  const timeEnd = tokenEnd(bytes, start, end, MAX_TIME_BYTES)
  if (timeEnd < 0 || timeEnd >= end) return false
  const streamEnd = tokenEnd(bytes, timeEnd + 1, end, MAX_STREAM_BYTES)
  if (streamEnd < 0 || streamEnd >= end || !isStream(bytes, timeEnd + 1, streamEnd)) return false
  const tag = streamEnd + 1
  const tagsEnd = tokenEnd(bytes, tag, end, MAX_TAGS_BYTES)
  if (tagsEnd < 0 || (bytes[tag] !== FULL && bytes[tag] !== PARTIAL)) return false
  if (tagsEnd > tag + 1 && bytes[tag + 1] !== COLON) return false
  line.set(TIMESTAMP, start, timeEnd)
  line.set(STREAM, timeEnd + 1, streamEnd)
  line.partial = bytes[tag] === PARTIAL ? 1 : 0
  line.messageStart = tagsEnd < end && bytes[tagsEnd] === SPACE ? tagsEnd + 1 : tagsEnd
  line.messageEnd = end
  return true
}

/** stdout or stderr. */
function isStream(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== 6 || bytes[start] !== 0x73 || bytes[start + 1] !== 0x74 || bytes[start + 2] !== 0x64)
    return false
  const word = (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!
  return word === 0x6f_75_74 || word === 0x65_72_72
}
