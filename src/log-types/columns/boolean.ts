import type { CopyWriter } from '../../postgres/copy-writer.js'
import { TextSet } from '../bytes/text-set.js'
import type { Refusal } from '../line/refusal.js'
import type { ValueEncoder } from './value-encoder.js'

export const trueWords: readonly string[] = ['true', 't', 'yes', 'y', 'on', '1']
export const falseWords: readonly string[] = ['false', 'f', 'no', 'n', 'off', '0']
/** Longer than any word that can be declared: lower case is made in it. */
const lowered = Buffer.alloc(4096)

/** Words for true and for false, whatever the case of their ASCII letters. */
export class BooleanEncoder implements ValueEncoder {
  private readonly words: TextSet
  private readonly trueCount: number
  private readonly longest: number

  constructor(
    forTrue: readonly string[] = trueWords,
    forFalse: readonly string[] = falseWords,
    private readonly invalid: Refusal,
  ) {
    const words = [...forTrue, ...forFalse].map(lowerAscii)
    this.words = new TextSet(words)
    this.trueCount = forTrue.length
    this.longest = Math.max(...words.map((word) => Buffer.byteLength(word)))
  }

  encode(bytes: Buffer, start: number, end: number, writer: CopyWriter): Refusal | undefined {
    const length = end - start
    if (length > this.longest) return this.invalid
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i]!
      lowered[i] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
    const found = this.words.find(lowered, 0, length)
    if (found < 0) return this.invalid
    writer.writeBoolean(found < this.trueCount)
    return undefined
  }
}

export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
