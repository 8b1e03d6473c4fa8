import { createHash, type Hash } from 'node:crypto'
import { contentEnd, contentStart } from '../log-types/line-content.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { BatchBodyBuilder } from '../streams/batch-body.js'
import { unclassified } from '../streams/keys.js'
import type { Content } from './content.js'

export interface CutLimits {
  readonly lines: number
  readonly bytes: number
  /** Of a longer line only the first so many bytes are kept; it becomes a dead letter. */
  readonly maxLineBytes: number
}

export interface CutRequest {
  readonly start: number
  /** The bytes before start end with a newline, or start is 0. */
  readonly startsOnLine: boolean
  /** Cut exactly here, whatever the limits: a recorded chunk is made again. */
  readonly end?: number
  /** The content's end counts as the end of its last line, unless it is there only because of damage. */
  readonly takePartial: boolean
}

/** A chunk cut into batch bodies by log type; the bodies are valid until the next cut with the same memory. */
export interface CutChunk {
  readonly start: number
  readonly end: number
  readonly lines: number
  readonly contentSha256: Buffer
  readonly bodies: ReadonlyMap<string, { readonly body: Buffer; readonly lines: number }>
  /** The last bytes of the range: seen again at the same place, they tell that the file was not replaced. */
  readonly tail: Buffer
}

/** Bytes read at a time. */
const blockBytes = 1024 * 1024
const newline = 0x0a
export const tailBytes = 256

/** What a body may leave behind in memory; larger ones are rare. */
const keptBodyBytes = 4 * 1024 * 1024

/** Memory that cutting needs, kept from cut to cut: a chunk's bodies are in it until the next cut. */
export class CutScratch {
  readonly block: Buffer
  private readonly builders: (BatchBodyBuilder | undefined)[] = []
  private inUse: boolean[] = []

  constructor(maxLineBytes: number) {
    this.block = Buffer.allocUnsafeSlow(maxLineBytes + blockBytes)
  }

  begin(): void {
    this.inUse = []
  }

  /** The builder of the body at this place among the types; empty when the cut first asks for it. */
  builder(index: number): BatchBodyBuilder {
    const builder = this.builders[index] ?? new BatchBodyBuilder()
    if (this.inUse[index] === true) return builder
    this.builders[index] = builder
    this.inUse[index] = true
    builder.reset(keptBodyBytes)
    return builder
  }

  /** The builders that were asked for since `begin`, with their places. */
  *used(): Generator<[number, BatchBodyBuilder]> {
    for (const [index, builder] of this.builders.entries()) {
      if (builder !== undefined && this.inUse[index] === true) yield [index, builder]
    }
  }
}

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
  const cut = new Cut(request, limits, registry, memory)
  const scratch = memory.block
  /** File offset of scratch[0]. */
  let base = request.start
  let filled = 0
  let full = false
  while (!full) {
    const room = Math.min(scratch.length, filled + blockBytes)
    const until = request.end === undefined ? room : Math.min(room, request.end - base)
    const read = await content.read(scratch, filled, until, base + filled)
    const atEnd = read === 0
    const scanFrom = filled
    filled += read

    let lineStart = cut.skipTerminator(scratch, base, filled)
    let at = Math.max(scanFrom, lineStart)
    for (;;) {
      const found = at < filled ? scratch.indexOf(newline, at) : -1
      if (found === -1 || found >= filled) break
      cut.addLine(scratch, lineStart, found, base)
      lineStart = found + 1
      at = lineStart
      if (cut.isFull(base + lineStart)) {
        full = true
        break
      }
    }
    if (atEnd && !full) {
      const isRest = filled > lineStart
      const takePartial = request.takePartial && content.damage === undefined
      if (isRest && (takePartial || base + filled === request.end)) {
        cut.addLine(scratch, lineStart, filled, base)
        lineStart = filled
      }
      full = true
    }
    cut.consume(scratch, lineStart)
    scratch.copyWithin(0, lineStart, filled)
    base += lineStart
    filled -= lineStart

    if (!full && filled > limits.maxLineBytes) {
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

/** Takes a line longer than the scratch; returns the offset after it, or undefined when it has no end yet. */
async function skipOversizeLine(
  content: Content,
  cut: Cut,
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

class Cut {
  lines = 0
  private readonly hash: Hash = createHash('sha256')
  private tail: Buffer = Buffer.alloc(0)
  private terminatorPending: boolean

  constructor(
    private readonly request: CutRequest,
    readonly limits: CutLimits,
    private readonly registry: LogTypeRegistry,
    private readonly memory: CutScratch,
  ) {
    memory.begin()
    this.terminatorPending = !request.startsOnLine
  }

  /** A newline right after a line that was taken without one ends that line; it is not an empty line. */
  skipTerminator(scratch: Buffer, base: number, filled: number): number {
    if (!this.terminatorPending || base !== this.request.start || filled === 0) return 0
    this.terminatorPending = false
    return scratch[0] === newline ? 1 : 0
  }

  isFull(offset: number): boolean {
    if (this.request.end !== undefined) return offset >= this.request.end
    return this.lines >= this.limits.lines || offset - this.request.start >= this.limits.bytes
  }

  addLine(scratch: Buffer, start: number, end: number, base: number): void {
    const lineBytes = end - start
    if (lineBytes > this.limits.maxLineBytes) {
      this.addOversizeLine(scratch.subarray(start, start + this.limits.maxLineBytes), base + start, lineBytes)
      return
    }
    const from = contentStart(scratch, start, end, base + start === 0)
    const to = contentEnd(scratch, from, end)
    const index = from === to ? -1 : this.registry.classify(scratch, from, to)
    this.builder(index).add(scratch, start, end, base + start - this.request.start, lineBytes)
    this.lines++
  }

  addOversizeLine(head: Buffer, offset: number, fullBytes: number): void {
    this.builder(-1).add(head, 0, head.length, offset - this.request.start, fullBytes)
    this.lines++
  }

  /** scratch[0, end) is part of the chunk; the scratch may be changed after this. */
  consume(scratch: Buffer, end: number): void {
    for (const [, builder] of this.memory.used()) builder.flush()
    if (end === 0) return
    this.hash.update(scratch.subarray(0, end))
    const last = scratch.subarray(Math.max(0, end - tailBytes), end)
    this.tail = Buffer.concat([this.tail, last]).subarray(-tailBytes)
  }

  finish(end: number): CutChunk {
    const bodies = new Map<string, { body: Buffer; lines: number }>()
    for (const [index, builder] of this.memory.used()) {
      const logType = this.registry.types[index]?.name ?? unclassified
      bodies.set(logType, { body: builder.finish(), lines: builder.lines })
    }
    return {
      start: this.request.start,
      end,
      lines: this.lines,
      contentSha256: this.hash.digest(),
      bodies,
      tail: this.tail,
    }
  }

  private builder(index: number): BatchBodyBuilder {
    return this.memory.builder(index === -1 ? this.registry.types.length : index)
  }
}
