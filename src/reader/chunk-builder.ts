import { createHash, type Hash } from 'node:crypto'
import { contentEnd, contentStart } from '../log-types/line/line-content.js'
import type { Multiline } from '../log-types/line/multiline.js'
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
  /** The content's end counts as the end of a record of several lines that reaches to it; left out: it does not. */
  readonly takeRecord?: boolean
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

/** A record while its lines come. */
class OpenRecord {
  lines = 1
  private readonly maxBytes: number

  constructor(
    private readonly multiline: Multiline,
    maxLineBytes: number,
    readonly index: number,
    public start: number,
    public end: number,
  ) {
    // It is one line for everything that follows.
    this.maxBytes = Math.min(multiline.maxBytes, maxLineBytes)
  }

  /** Whether a line that no type claims belongs to it: [from, to) of the scratch, which ends at `end`. */
  takes(scratch: Buffer, from: number, to: number, end: number): boolean {
    return this.hasRoomUpTo(end) && !this.multiline.isStart(scratch, from, to)
  }

  /** The scratch was moved by so many bytes. */
  moveBack(bytes: number): void {
    this.start -= bytes
    this.end -= bytes
  }

  /** Whether a line that reaches to `end`, or further, may still belong to it. */
  hasRoomUpTo(end: number): boolean {
    return this.lines < this.multiline.maxLines && end - this.start <= this.maxBytes
  }
}

/**
 * A chunk while it is being cut: the lines that were added so far, and the hash and the last of their bytes. One at a
 * time for each scratch.
 */
export class ChunkBuilder {
  lines = 0
  /** Of several lines, not at its end yet; its places are those of the scratch. */
  record: OpenRecord | undefined
  private readonly hash: Hash = createHash('sha256')
  private readonly hasRecords: boolean
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
    this.hasRecords = registry.types.some(({ multiline }) => multiline !== undefined)
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

  /** Takes the line scratch[start, end). False: it is not taken, the record before it has filled the chunk. */
  addLine(scratch: Buffer, start: number, end: number, base: number): boolean {
    const lineBytes = end - start
    if (lineBytes > this.limits.maxLineBytes) {
      if (!this.makeRoom(scratch, base + start, base)) return false
      this.addOversizeLine(scratch.subarray(start, start + this.limits.maxLineBytes), base + start, lineBytes)
      return true
    }
    const from = contentStart(scratch, start, end, base + start === 0)
    const to = contentEnd(scratch, from, end)
    const index = from === to ? -1 : this.registry.classify(scratch, from, to)
    if (this.hasRecords) {
      const { record } = this
      if (index === -1 && record !== undefined && record.takes(scratch, from, to, end)) {
        record.end = end
        record.lines++
        return true
      }
      if (!this.makeRoom(scratch, base + start, base)) return false
      const multiline = this.registry.types[index]?.multiline
      if (multiline !== undefined) {
        this.record = new OpenRecord(multiline, this.limits.maxLineBytes, index, start, end)
        return true
      }
    }
    this.bodyBuilder(index).add(scratch, start, end, base + start - this.request.start, lineBytes)
    this.lines++
    return true
  }

  /** Ends the record; no further line is to belong to it. */
  endRecord(scratch: Buffer, base: number): void {
    const { record } = this
    if (record === undefined) return
    this.record = undefined
    const { index, start, end } = record
    this.bodyBuilder(index).add(scratch, start, end, base + start - this.request.start, end - start)
    this.lines++
  }

  /** Ends the record before a line that begins at `offset`; false: the chunk is full by that. */
  private makeRoom(scratch: Buffer, offset: number, base: number): boolean {
    if (this.record === undefined) return true
    this.endRecord(scratch, base)
    return !this.isFull(offset)
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
