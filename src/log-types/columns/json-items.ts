import { JsonScanner } from '../formats/json-scanner.js'
import { appendUnescaped } from '../formats/json-string.js'
import type { Scratch } from '../line/scratch.js'

const QUOTE = 0x22
const COMMA = 0x2c
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const LOWER_N = 0x6e

/**
 * The items of a JSON array, one after the other. Its text must be valid JSON. A string is its content, a number, true
 * and false are their text, null is absent.
 */
export class JsonItems {
  /** The item that `next` went to: [start, end) of `bytes`; -1, -1 for null. */
  bytes: Buffer
  start = -1
  end = -1
  /** The item is an object or an array. */
  isNested = false
  private source: Buffer
  private readonly scanner = new JsonScanner()
  private at = 0
  private stop = 0

  constructor(private readonly scratch: Scratch) {
    this.bytes = scratch.buffer
    this.source = scratch.buffer
  }

  /** False for what is no array. */
  open(bytes: Buffer, start: number, end: number): boolean {
    this.source = bytes
    this.stop = end
    this.at = this.scanner.space(bytes, start, end)
    return bytes[this.at++] === OPENING_BRACKET
  }

  /** False after the last. */
  next(): boolean {
    const { source, stop } = this
    this.at = this.scanner.space(source, this.at, stop)
    if (source[this.at] === COMMA) this.at = this.scanner.space(source, this.at + 1, stop)
    const first = source[this.at]!
    if (this.at >= stop || first === CLOSING_BRACKET) return false
    this.isNested = first === OPENING_BRACKET || first === OPENING_BRACE
    if (this.isNested) return true
    if (first === QUOTE) {
      this.scanner.hasEscape = false
      const close = this.scanner.string(source, this.at + 1, stop)
      this.take(this.at + 1, close, this.scanner.hasEscape)
      this.at = close + 1
      return true
    }
    const start = this.at
    while (this.at < stop && !isDelimiter(source[this.at]!)) this.at++
    this.bytes = source
    this.start = first === LOWER_N ? -1 : start
    this.end = first === LOWER_N ? -1 : this.at
    return true
  }

  /** To be called in the end: a batch must not be kept for the sake of its last line. */
  close(): void {
    this.source = this.scratch.buffer
    this.bytes = this.scratch.buffer
  }

  /** The content of a string: where it stands, or without its escapes in scratch memory. */
  private take(start: number, end: number, hasEscape: boolean): void {
    const { source, scratch } = this
    this.bytes = source
    this.start = start
    this.end = end
    if (!hasEscape) return
    this.start = scratch.position
    appendUnescaped(scratch, source, start, end)
    this.bytes = scratch.buffer
    this.end = scratch.position
  }
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSING_BRACKET
}
