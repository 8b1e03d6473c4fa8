import { isAscii } from 'node:buffer'

/** Scans of a line may look at so many bytes after it, whatever they are. */
export const SLACK_BYTES = 16

const LOW_BITS = 0x01_01_01_01
const HIGH_BITS = 0x80_80_80_80 | 0

/** Bytes that lines lie in. `view` shows the same bytes: scans take four at a time from it. */
export class LineSource {
  readonly view: DataView

  /**
   * `isClean`: all lines are ASCII without NUL, so that none is looked at for it. `fileTimeMs`: when the file of the
   * lines was written, epoch milliseconds, for times without a year; NaN: unknown, then it is now.
   */
  constructor(
    readonly bytes: Buffer,
    readonly isClean: boolean,
    readonly fileTimeMs = Number.NaN,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Whether the line is ASCII without NUL. */
  isCleanLine(start: number, end: number): boolean {
    if (this.isClean) return true
    const { bytes, view } = this
    let high = 0
    let at = start
    // Taking 1 from each byte of a word sets the top bit of the lowest one that is 0.
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true)
      high |= word | (word - LOW_BITS)
    }
    for (; at < end; at++) high |= bytes[at]! | (bytes[at]! - 1)
    return (high & HIGH_BITS) === 0
  }
}

/** Whether text is ASCII without NUL. */
export function isCleanText(text: Buffer): boolean {
  return isAscii(text) && !text.includes(0)
}
