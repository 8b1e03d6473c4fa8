import { createHash } from 'node:crypto'
import { UnopenableEntryError } from './envelope.js'

/**
 * The lines of one log type in one chunk. Offsets are bytes relative to the chunk's start.
 *
 *   0          4            8                                    length − table bytes      length
 *   +----------+------------+------------------------------------+-------------------------+
 *   | lines    | table      | the lines' bytes                   | line table              |
 *   | u32 LE   | bytes u32  |                                    |                         |
 *   +----------+------------+------------------------------------+-------------------------+
 *
 *   the lines' bytes: of two lines that follow each other in the file the newline between them is kept, so that a run
 *   of lines is copied at once; others stand side by side.
 *
 *   line table, an entry a line, varints (7 bits a byte, low first, top bit = more follow):
 *   | gap | stored bytes × 2 + cut | only if cut: full bytes − stored bytes |
 *   gap = the line's offset − end of the previous line of this batch (of the chunk's start for the first);
 *   cut = 1: the line is oversize and only its first bytes are stored.
 *   The newline is kept before a line with gap 1, unless it is the first, or the line before it is cut.
 */
const headerBytes = 8
const newline = 0x0a
/** The longest entry of the line table: three varints of a safe integer. */
const maxEntryBytes = 24

/** Puts bodies together, one after the other, in memory that it keeps: a body is valid until the next begins. */
export class BatchBodyBuilder {
  private table: Buffer = Buffer.allocUnsafeSlow(4096)
  private tableBytes = 0
  private body: Buffer
  private filled = headerBytes
  /** Lines that follow each other in `runSource`, not copied yet: runEnd is the end of the last one. */
  private runSource: Buffer | undefined
  private runStart = 0
  private runEnd = 0
  private previousEnd = 0
  /** True before the first line, too: no newline is kept there either. */
  private previousIsCut = true
  lines = 0

  constructor(initialBytes = 64 * 1024) {
    this.body = Buffer.allocUnsafeSlow(Math.max(initialBytes, headerBytes))
  }

  /** Begins a new body. What grew for an unusually large one is given back. */
  reset(keptBytes = Number.POSITIVE_INFINITY): void {
    if (this.body.length > keptBytes) this.body = Buffer.allocUnsafeSlow(keptBytes)
    this.tableBytes = 0
    this.filled = headerBytes
    this.runSource = undefined
    this.previousEnd = 0
    this.previousIsCut = true
    this.lines = 0
  }

  /**
   * Appends a line stored as source[start, end); fullBytes is its real length, offset where it begins. Lines one byte
   * apart in the file must have that byte between them in the source. The source has to stay as it is until `flush`.
   */
  add(source: Buffer, start: number, end: number, offset: number, fullBytes: number): void {
    const stored = end - start
    const gap = offset - this.previousEnd
    const isCut = stored !== fullBytes
    if (this.tableBytes + maxEntryBytes > this.table.length) this.table = grow(this.table, this.tableBytes, 1)
    this.varint(gap)
    if (isCut) {
      this.varint(stored * 2 + 1)
      this.varint(fullBytes - stored)
    } else {
      this.varint(stored * 2)
    }
    const keepsNewline = gap === 1 && !this.previousIsCut
    if (!keepsNewline || this.runSource !== source || this.runEnd + 1 !== start) {
      this.flush()
      if (keepsNewline) {
        if (this.filled === this.body.length) this.body = grow(this.body, this.filled, 1)
        this.body[this.filled++] = newline
      }
      this.runSource = source
      this.runStart = start
    }
    this.runEnd = end
    this.previousEnd = offset + fullBytes
    this.previousIsCut = isCut
    this.lines++
  }

  /** Copies what was only noted: the sources of the lines so far are not needed any more. */
  flush(): void {
    const source = this.runSource
    if (source === undefined) return
    this.runSource = undefined
    const bytes = this.runEnd - this.runStart
    if (this.filled + bytes > this.body.length) this.body = grow(this.body, this.filled, bytes)
    source.copy(this.body, this.filled, this.runStart, this.runEnd)
    this.filled += bytes
  }

  /** The body: a view, valid until reset. */
  finish(): Buffer {
    this.flush()
    const length = this.filled + this.tableBytes
    if (length > this.body.length) this.body = grow(this.body, this.filled, this.tableBytes)
    this.body.writeUInt32LE(this.lines, 0)
    this.body.writeUInt32LE(this.tableBytes, 4)
    this.table.copy(this.body, this.filled, 0, this.tableBytes)
    return this.body.subarray(0, length)
  }

  private varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.table[this.tableBytes++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.table[this.tableBytes++] = rest
  }
}

function grow(buffer: Buffer, used: number, more: number): Buffer {
  const bigger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + more))
  buffer.copy(bigger, 0, 0, used)
  return bigger
}

/** Called for each line: stored as body[start, end), begins at offset in the chunk, has fullBytes in the file. */
export type LineVisitor = (start: number, end: number, offset: number, fullBytes: number) => void

/**
 * Visits the lines of a batch body in order and returns how many there are.
 * @throws UnopenableEntryError when the layout does not hold together; lines may have been visited by then.
 */
export function visitLines(body: Buffer, visit: LineVisitor): number {
  const tableStart = tableStartOf(body)
  const lines = body.readUInt32LE(0)
  if (lines > body.length - tableStart)
    throw new UnopenableEntryError('line table is too short for its lines')
  let at = tableStart
  let start = headerBytes
  let offset = 0
  let previousIsCut = true

  function varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (at >= body.length) throw new UnopenableEntryError('line table ends within an entry')
      const byte = body[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
      if (scale > 2 ** 49) throw new UnopenableEntryError('line table holds too large a number')
    }
  }

  for (let i = 0; i < lines; i++) {
    const gap = varint()
    const size = varint()
    const stored = Math.floor(size / 2)
    const isCut = size % 2 === 1
    const full = isCut ? stored + varint() : stored
    if (gap === 1 && !previousIsCut) start++
    offset += gap
    const end = start + stored
    if (end > tableStart) throw new UnopenableEntryError('lines exceed the body')
    visit(start, end, offset, full)
    start = end
    offset += full
    previousIsCut = isCut
  }
  if (at !== body.length || start !== tableStart)
    throw new UnopenableEntryError('batch body has bytes left over')
  return lines
}

/** The part of a body that holds the lines, without its numbers. @throws UnopenableEntryError */
export function linesPart(body: Buffer): Buffer {
  return body.subarray(headerBytes, tableStartOf(body))
}

function tableStartOf(body: Buffer): number {
  if (body.length < headerBytes) throw new UnopenableEntryError('batch body is shorter than its header')
  const tableStart = body.length - body.readUInt32LE(4)
  if (tableStart < headerBytes) throw new UnopenableEntryError('line table exceeds the body')
  return tableStart
}

export interface BatchOrigin {
  readonly logType: string
  readonly sourceUuid: string
  /** Byte range of the chunk. */
  readonly start: number
  readonly end: number
  /** Of the chunk's content, 32 bytes. */
  readonly contentSha256: Buffer
}

/**
 * Identity of a batch, hex: type, source, range, content, and which of the chunk's lines it has. The line table says
 * that, so the lines' bytes, which the content's hash covers, are not hashed once more. The same lines published
 * again with the same boundaries have the same hash; identical lines at another place do not.
 */
export function batchHash(
  { logType, sourceUuid, start, end, contentSha256 }: BatchOrigin,
  body: Buffer,
): string {
  return createHash('sha256')
    .update(`sluice batch 2\0${logType}\0${sourceUuid}\0${start}\0${end}\0`)
    .update(contentSha256)
    .update(body.subarray(0, headerBytes))
    .update(body.subarray(tableStartOf(body)))
    .digest('hex')
}
