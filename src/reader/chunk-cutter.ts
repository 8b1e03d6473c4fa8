import type { LogTypeRegistry } from '../log-types/log-type.js'
import { ChunkBuilder, type CutChunk, type CutLimits, type CutRequest } from './chunk-builder.js'
import type { Content } from './content.js'
import { blockBytes, type CutScratch } from './cut-scratch.js'

const newline = 0x0a

/**
 * Reads lines from `start` until a limit is reached or the content ends, classifies each, and returns the chunk;
 * undefined when there is no whole line.
 *
 * The same range of the same content gives the same bodies, whatever limits it was first cut with: that is what
 * publishing again relies on.
 */
export async function cutChunk(
  content: Content,
  request: CutRequest,
  limits: CutLimits,
  registry: LogTypeRegistry,
  memory: CutScratch,
): Promise<CutChunk | undefined> {
  const cut = new ChunkBuilder(request, limits, registry, memory)
  const scratch = memory.block
  /** File offset of scratch[0]. */
  let base = request.start
  let filled = 0
  /** Of the line to be taken next, in the scratch: behind the lines of a record that is not at its end. */
  let next = 0
  let full = false
  while (!full) {
    const room = Math.min(scratch.length, filled + blockBytes)
    const until = request.end === undefined ? room : Math.min(room, request.end - base)
    const read = await content.read(scratch, filled, until, base + filled)
    const atEnd = read === 0
    const scanFrom = filled
    filled += read

    let lineStart = next > 0 ? next : cut.skipTerminator(scratch, base, filled)
    let at = Math.max(scanFrom, lineStart)
    for (;;) {
      const found = at < filled ? scratch.indexOf(newline, at) : -1
      if (found === -1 || found >= filled) break
      if (!cut.addLine(scratch, lineStart, found, base)) {
        full = true
        break
      }
      lineStart = found + 1
      at = lineStart
      if (cut.record === undefined && cut.isFull(base + lineStart)) {
        full = true
        break
      }
    }
    if (atEnd && !full) {
      lineStart = takeEnd(content, request, cut, scratch, lineStart, filled, base)
      full = true
    }
    if (cut.record !== undefined && !cut.record.hasRoomUpTo(filled)) {
      // The line that comes next is not its, whatever it is.
      cut.endRecord(scratch, base)
      full ||= cut.isFull(base + lineStart)
    }
    const taken = cut.record?.start ?? lineStart
    cut.consume(scratch, taken)
    scratch.copyWithin(0, taken, filled)
    base += taken
    filled -= taken
    next = lineStart - taken
    cut.record?.moveBack(taken)

    if (!full && filled - next > limits.maxLineBytes) {
      // An oversize line starts a chunk of its own, so that one that has no end yet holds up nothing before it.
      if (cut.lines > 0 && request.end === undefined) break
      const skipped = await skipOversizeLine(content, cut, scratch, base, filled, request)
      if (skipped === undefined) return undefined
      base = skipped
      filled = 0
      full = cut.isFull(base)
    }
  }
  return base > request.start ? cut.finish(base) : undefined
}

/** Takes what the content's end is the end of, a line or a record; returns where the next line would begin. */
function takeEnd(
  content: Content,
  request: CutRequest,
  cut: ChunkBuilder,
  scratch: Buffer,
  lineStart: number,
  filled: number,
  base: number,
): number {
  const isEnd = base + filled === request.end
  const takesRest = isEnd || (request.takePartial && content.damage === undefined)
  const takesRecord = isEnd || request.takeRecord === true
  let at = lineStart
  if (filled > at && takesRest && (takesRecord || cut.record === undefined)) {
    if (cut.addLine(scratch, at, filled, base)) at = filled
  }
  // Behind damage nothing comes for a long time, and what is whole waits for nothing.
  if (takesRecord && (at === filled || content.damage !== undefined)) cut.endRecord(scratch, base)
  return at
}

/** Takes a line longer than the scratch; returns the offset after it, or undefined when it has no end yet. */
async function skipOversizeLine(
  content: Content,
  cut: ChunkBuilder,
  scratch: Buffer,
  lineOffset: number,
  filled: number,
  request: CutRequest,
): Promise<number | undefined> {
  const head = Buffer.from(scratch.subarray(0, cut.limits.maxLineBytes))
  let used = filled
  let offset = lineOffset + filled
  let ended = false
  while (!ended) {
    cut.consume(scratch, used)
    const until = request.end === undefined ? blockBytes : Math.min(blockBytes, request.end - offset)
    const read = await content.read(scratch, 0, until, offset)
    if (read === 0) {
      const takePartial = request.takePartial && content.damage === undefined
      if (!takePartial && offset !== request.end) return undefined
      cut.addOversizeLine(head, lineOffset, offset - lineOffset)
      return offset
    }
    const found = scratch.indexOf(newline)
    ended = found !== -1 && found < read
    used = ended ? found + 1 : read
    offset += used
  }
  cut.consume(scratch, used)
  cut.addOversizeLine(head, lineOffset, offset - 1 - lineOffset)
  return offset
}

/** The next newline at or after offset, or -1: cheap to ask again where only the end of a long line is missing. */
export async function findNewline(content: Content, offset: number, scratch: Buffer): Promise<number> {
  let at = offset
  for (;;) {
    const read = await content.read(scratch, 0, blockBytes, at)
    if (read === 0) return -1
    const found = scratch.indexOf(newline)
    if (found !== -1 && found < read) return at + found
    at += read
  }
}
