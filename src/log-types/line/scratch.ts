/** Added to a place in scratch memory, to tell it from a place in the line: no batch is that long. */
export const SCRATCH = 0x40_00_00_00

const INITIAL_BYTES = 4096

/** Growable memory for the values of one line that must be put together first. */
export class Scratch {
  /** Replaced when it grows; what was written before is in the new one, too. */
  buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  /** Bytes [0, position) are written. */
  position = 0
  /** What every line keeps: the constants. */
  private constantsEnd = 0

  /** Call at start only. Returns where the text is from now on, before all that is appended. */
  addConstant(text: string): number {
    const bytes = Buffer.from(text)
    const start = this.constantsEnd
    this.position = start
    this.appendBytes(bytes, 0, bytes.length)
    this.constantsEnd = this.position
    return start
  }

  clear(): void {
    this.position = this.constantsEnd
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, this.position + bytes))
    this.buffer.copy(larger, 0, 0, this.position)
    this.buffer = larger
  }

  /** Appends a text of bytes (each character one byte), such as a capture of a latin1 decoded line. */
  appendLatin1(text: string): void {
    this.reserve(text.length)
    this.position += this.buffer.write(text, this.position, 'latin1')
  }

  appendBytes(bytes: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    bytes.copy(this.buffer, this.position, start, end)
    this.position += end - start
  }
}
