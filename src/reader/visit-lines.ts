import { SLACK_BYTES } from '../log-types/line/line-source.js'
import type { Content } from './content.js'

const newline = 0x0a
const blockBytes = 1024 * 1024

/**
 * Called for each line [start, end) without its newline, as it stands in the memory; of a line longer than
 * maxLineBytes with its first bytes, and fullBytes is its length. False ends the visit.
 */
export type LineVisitor = (start: number, end: number, offset: number, fullBytes: number) => boolean

/** Memory that lines are read into, with room behind each for what reads ahead. */
export function lineMemory(maxLineBytes: number): Buffer {
  return Buffer.alloc(maxLineBytes + blockBytes + SLACK_BYTES)
}

/**
 * Visits the lines of a file's content, the last one also without a newline. Reads whole lines only for looking at them:
 * nothing is recorded. `onRead` gets the offset up to which was read.
 */
export async function visitLines(
  content: Content,
  memory: Buffer,
  maxLineBytes: number,
  visit: LineVisitor,
  onRead: (offset: number) => void = () => {},
): Promise<void> {
  const room = memory.length - SLACK_BYTES
  /** Offset of memory[0]. */
  let base = 0
  let filled = 0
  /** Bytes of an oversize line that are not in memory any more. */
  let dropped = 0
  for (;;) {
    const read = await content.read(memory, filled, room, base + dropped + filled)
    const scanFrom = filled
    filled += read
    onRead(base + dropped + filled)
    let lineStart = 0
    let at = scanFrom
    for (;;) {
      const found = at < filled ? memory.indexOf(newline, at) : -1
      if (found === -1 || found >= filled) break
      if (!show(lineStart, found)) return
      at = found + 1
      base += dropped
      dropped = 0
      lineStart = at
    }
    if (read === 0) {
      if (filled > lineStart) show(lineStart, filled)
      return
    }
    memory.copyWithin(0, lineStart, filled)
    base += lineStart
    filled -= lineStart
    if (filled > maxLineBytes) {
      dropped += filled - maxLineBytes
      filled = maxLineBytes
    }
  }

  function show(start: number, end: number): boolean {
    const fullBytes = end - start + dropped
    return visit(start, Math.min(end, start + maxLineBytes), base + start, fullBytes)
  }
}
