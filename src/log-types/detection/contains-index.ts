/** How far into a text `contains` looks: what is asked for stands near the beginning, and the work stays bounded. */
export const MAX_SEARCHED_BYTES = 16_384

const TABLE_BITS = 12
const HASH_FACTOR = 0x9e37_79b1 | 0

/**
 * Finds which of many literals are in a text, in one pass for all of them: the last four bytes seen are looked up by
 * their hash, and where a literal begins with such bytes it is compared. A literal has at least four bytes.
 */
export class ContainsIndex {
  private readonly literals: readonly Buffer[]
  /** For each hash 1 + the index of a literal that begins so; 0 for none. */
  private readonly first: Uint16Array
  /** The next literal of the same hash, in the same way. */
  private readonly next: Uint16Array

  constructor(texts: readonly string[]) {
    this.literals = texts.map((text) => Buffer.from(text))
    this.first = new Uint16Array(1 << TABLE_BITS)
    this.next = new Uint16Array(texts.length)
    this.literals.forEach((literal, index) => {
      const hash = hashOf(literal.readInt32BE(0))
      this.next[index] = this.first[hash]!
      this.first[hash] = index + 1
    })
  }

  /** Sets found[i] to 1 for each literal i that is in [start, end), to 0 for the others. */
  search(bytes: Buffer, start: number, end: number, found: Uint8Array): void {
    found.fill(0)
    const { first, next } = this
    const limit = Math.min(end, start + MAX_SEARCHED_BYTES)
    let missing = this.literals.length
    let word = 0
    for (let at = start; at < limit; at++) {
      word = (word << 8) | bytes[at]!
      let entry = first[hashOf(word)]!
      while (entry !== 0) {
        const index = entry - 1
        if (found[index] === 0 && this.isAt(index, bytes, at - 3, start, limit)) {
          found[index] = 1
          if (--missing === 0) return
        }
        entry = next[index]!
      }
    }
  }

  private isAt(index: number, bytes: Buffer, at: number, start: number, end: number): boolean {
    const literal = this.literals[index]!
    if (at < start || at + literal.length > end) return false
    let k = 0
    while (k < literal.length && bytes[at + k] === literal[k]) k++
    return k === literal.length
  }
}

function hashOf(word: number): number {
  return Math.imul(word, HASH_FACTOR) >>> (32 - TABLE_BITS)
}
