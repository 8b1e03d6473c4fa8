import { createHash } from 'node:crypto'
import { UnopenableEntryError } from './envelope.js'

/**
 * The lines of one log type in one chunk. Offsets are bytes relative to the chunk's start.
 *
 *   0          4            8                         8 + table bytes
 *   +----------+------------+-------------------------+--------------------------------+
 *   | lines    | table      | line table              | the lines' bytes, no separator |
 *   | u32 LE   | bytes u32  |                         |                                |
 *   +----------+------------+-------------------------+--------------------------------+
 *
 *   line table, an entry a line, varints (7 bits a byte, low first, top bit = more follow):
 *   | gap | stored bytes × 2 + cut | only if cut: full bytes − stored bytes |
 *   gap = the line's offset − end of the previous line of this batch (of the chunk's start for the first);
 *   cut = 1: the line is oversize and only its first bytes are stored.
 */
export class BatchBodyBuilder {
  private table: Buffer = Buffer.allocUnsafe(4096)
  private tableBytes = 0
  private lineBytes: Buffer
  private linesLength = 0
  private previousEnd = 0
  lines = 0

  constructor(initialBytes = 64 * 1024) {
    this.lineBytes = Buffer.allocUnsafe(initialBytes)
  }

  /** Appends a line stored as source[start, end); fullBytes is its real length, offset where it begins. */
  add(source: Buffer, start: number, end: number, offset: number, fullBytes: number): void {
    const stored = end - start
    if (this.tableBytes + 30 > this.table.length) this.table = grow(this.table, this.tableBytes, 30)
    if (this.linesLength + stored > this.lineBytes.length) {
      this.lineBytes = grow(this.lineBytes, this.linesLength, stored)
    }
    this.varint(offset - this.previousEnd)
    if (stored === fullBytes) {
      this.varint(stored * 2)
    } else {
      this.varint(stored * 2 + 1)
      this.varint(fullBytes - stored)
    }
    source.copy(this.lineBytes, this.linesLength, start, end)
    this.linesLength += stored
    this.previousEnd = offset + fullBytes
    this.lines++
  }

  /** Bytes of the line contents so far. */
  get contentBytes(): number {
    return this.linesLength
  }

  finish(): Buffer {
    const body = Buffer.allocUnsafe(8 + this.tableBytes + this.linesLength)
    body.writeUInt32LE(this.lines, 0)
    body.writeUInt32LE(this.tableBytes, 4)
    this.table.copy(body, 8, 0, this.tableBytes)
    this.lineBytes.copy(body, 8 + this.tableBytes, 0, this.linesLength)
    return body
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
  const bigger = Buffer.allocUnsafe(Math.max(buffer.length * 2, used + more))
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
  if (body.length < 8) throw new UnopenableEntryError('batch body is shorter than its header')
  const lines = body.readUInt32LE(0)
  const tableEnd = 8 + body.readUInt32LE(4)
  if (tableEnd > body.length || lines > tableEnd)
    throw new UnopenableEntryError('line table exceeds the body')
  let at = 8
  let start = tableEnd
  let offset = 0

  function varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (at >= tableEnd) throw new UnopenableEntryError('line table ends within an entry')
      const byte = body[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
      if (scale > 2 ** 49) throw new UnopenableEntryError('line table holds too large a number')
    }
  }

  for (let i = 0; i < lines; i++) {
    offset += varint()
    const size = varint()
    const stored = Math.floor(size / 2)
    const full = size % 2 === 1 ? stored + varint() : stored
    const end = start + stored
    if (end > body.length) throw new UnopenableEntryError('lines exceed the body')
    visit(start, end, offset, full)
    start = end
    offset += full
  }
  if (at !== tableEnd || start !== body.length)
    throw new UnopenableEntryError('batch body has bytes left over')
  return lines
}

/**
 * Identity of a batch: type, source, range and content. The same lines published again with the same boundaries
 * have the same hash; identical lines at another place do not.
 */
export function batchHash(
  logType: string,
  sourceUuid: string,
  start: number,
  end: number,
  body: Buffer,
): string {
  return createHash('sha256')
    .update(`sluice batch 1\0${logType}\0${sourceUuid}\0${start}\0${end}\0`)
    .update(body)
    .digest('hex')
}
