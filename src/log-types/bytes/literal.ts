/**
 * A literal as words of four bytes with a mask for the bytes that count: it is compared in one or two steps at any
 * place. Reads up to 8 bytes beyond itself.
 */
export class Literal {
  readonly length: number
  private readonly word0: number
  private readonly mask0: number
  private readonly word1: number
  private readonly mask1: number
  /** What comes after the first 8 bytes. */
  private readonly rest: Literal | undefined

  /** `text`: ASCII. */
  constructor(readonly text: string) {
    this.length = text.length
    const words = Buffer.alloc(8)
    words.write(text.slice(0, 8), 'latin1')
    const masks = Buffer.alloc(8).fill(0xff, 0, Math.min(text.length, 8))
    this.word0 = words.readInt32LE(0)
    this.mask0 = masks.readInt32LE(0)
    this.word1 = words.readInt32LE(4)
    this.mask1 = masks.readInt32LE(4)
    this.rest = text.length > 8 ? new Literal(text.slice(8)) : undefined
  }

  /** Whether all of the literal is at `at`; an empty one is everywhere. */
  isAt(view: DataView, at: number): boolean {
    if (((view.getInt32(at, true) ^ this.word0) & this.mask0) !== 0) return false
    if (this.mask1 !== 0 && ((view.getInt32(at + 4, true) ^ this.word1) & this.mask1) !== 0) return false
    return this.rest === undefined || this.rest.isAt(view, at + 8)
  }
}
