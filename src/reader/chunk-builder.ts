import { createHash, type Hash } from 'node:crypto'
import { contentEnd, contentStart } from '../log-types/line-content.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { BatchBodyBuilder } from '../streams/batch-body.js'
import { unclassified } from '../streams/keys.js'
import type { CutScratch } from './cut-scratch.js'

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

export const tailBytes = 256

const newline = 0x0a

/**
 * A chunk while it is being cut: the lines that were added so far, and the hash and the last of their bytes. One at a
 * time for each scratch.
 */
export class ChunkBuilder {
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
    this.bodyBuilder(index).add(scratch, start, end, base + start - this.request.start, lineBytes)
    this.lines++
  }

  addOversizeLine(head: Buffer, offset: number, fullBytes: number): void {
    this.bodyBuilder(-1).add(head, 0, head.length, offset - this.request.start, fullBytes)
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

  private bodyBuilder(index: number): BatchBodyBuilder {
    return this.memory.builder(index === -1 ? this.registry.types.length : index)
  }
}
