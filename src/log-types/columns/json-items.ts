import { codeUnit, skipSpace } from '../formats/json-scanner.js'
import type { Scratch } from '../scratch.js'
import { stringEnd } from './jsonb.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const OPENING_BRACE = 0x7b
const LOWER_N = 0x6e
const escapes: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

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
    this.at = skipSpace(bytes, start, end)
    return bytes[this.at++] === OPENING_BRACKET
  }

  /** False after the last. */
  next(): boolean {
    const { source, stop } = this
    this.at = skipSpace(source, this.at, stop)
    if (source[this.at] === 0x2c) this.at = skipSpace(source, this.at + 1, stop)
    const first = source[this.at]!
    if (this.at >= stop || first === 0x5d) {
      // A batch must not be kept for the sake of its last line.
      this.source = this.scratch.buffer
      this.bytes = this.scratch.buffer
      return false
    }
    this.isNested = first === OPENING_BRACKET || first === OPENING_BRACE
    if (this.isNested) return true
    if (first === QUOTE) {
      const end = stringEnd(source, this.at)
      this.take(this.at + 1, end - 1)
      this.at = end
      return true
    }
    const start = this.at
    while (this.at < stop && !isDelimiter(source[this.at]!)) this.at++
    this.bytes = source
    this.start = first === LOWER_N ? -1 : start
    this.end = first === LOWER_N ? -1 : this.at
    return true
  }

  /** The content of a string: where it stands, or without its escapes in scratch memory. */
  private take(start: number, end: number): void {
    const { source, scratch } = this
    this.bytes = source
    this.start = start
    this.end = end
    const firstEscape = source.subarray(start, end).indexOf(BACKSLASH)
    if (firstEscape < 0) return
    this.start = scratch.position
    // What an escape stands for is never longer than the escape.
    scratch.reserve(end - start)
    const target = scratch.buffer
    let to = scratch.position
    for (let at = start; at < end; ) {
      const byte = source[at]!
      if (byte !== BACKSLASH) {
        target[to++] = byte
        at++
      } else if (source[at + 1] !== 0x75) {
        target[to++] = escapes.get(source[at + 1]!) ?? source[at + 1]!
        at += 2
      } else {
        const unit = codeUnit(source, at, end)
        const isPair = unit >= 0xd800 && unit <= 0xdbff
        const low = isPair ? codeUnit(source, at + 6, end) : 0
        const code = isPair ? 0x1_00_00 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit
        to += target.write(String.fromCodePoint(code), to, 'utf8')
        at += isPair ? 12 : 6
      }
    }
    scratch.position = to
    this.bytes = target
    this.end = to
  }
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === 0x2c || byte === 0x5d
}
