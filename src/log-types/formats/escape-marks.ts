import type { Scratch } from '../line/scratch.js'

/** Appends [start, end) with each character after `mark` as it is, and without the mark; one at the very end stays. */
export function appendWithoutMarks(
  scratch: Scratch,
  bytes: Buffer,
  start: number,
  end: number,
  mark: number,
): void {
  scratch.reserve(end - start)
  const { buffer } = scratch
  let to = scratch.position
  for (let at = start; at < end; at++) {
    if (bytes[at] === mark && at + 1 < end) at++
    buffer[to++] = bytes[at]!
  }
  scratch.position = to
}
