/** The places of an envelope's parts in EnvelopeLine.spans. */
export const TIMESTAMP = 0
export const HOST = 1
export const APP = 2
export const PID = 3
export const MSGID = 4
export const PRIORITY = 5
export const STRUCTURED = 6
export const STREAM = 7
const PARTS = 8

/**
 * Where the parts of one line's envelope lie, all within the line. Reused from line to line. A reader fills it in and
 * returns whether the line has such an envelope; of a line that has none, what is here means nothing.
 */
export class EnvelopeLine {
  /** | start | end | of each part; start is -1 for a part that the line does not have. */
  readonly spans = new Int32Array(2 * PARTS)
  /** 0 to 191, -1 without one. */
  priority = -1
  /** 1: the message is a part of a longer one. 0: it is complete. -1: the envelope does not say. */
  partial = -1
  messageStart = 0
  messageEnd = 0
  /** The message is the inside of a JSON string with escapes in it. */
  isEscaped = false

  clear(): void {
    const { spans } = this
    for (let at = 0; at < spans.length; at += 2) spans[at] = -1
    this.priority = -1
    this.partial = -1
    this.isEscaped = false
  }

  set(part: number, start: number, end: number): void {
    this.spans[2 * part] = start
    this.spans[2 * part + 1] = end
  }
}

export const SPACE = 0x20

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

/** Where the run of 1 to `most` bytes without a space ends that begins at `at`; -1 when there is none, or a longer one. */
export function tokenEnd(bytes: Buffer, at: number, end: number, most: number): number {
  const limit = Math.min(end, at + most)
  let stop = at
  while (stop < limit && bytes[stop] !== SPACE) stop++
  if (stop === at) return -1
  return stop === end || bytes[stop] === SPACE ? stop : -1
}
