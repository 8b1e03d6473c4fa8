import { tailBytes } from './chunk-builder.js'
import type { Content } from './content.js'
import { readHead } from './identity.js'

/** How far a content was read, and the bytes by which it is known again. */
export class ReadPosition {
  offset = 0
  /** The line that begins at `offset` is known to have no end before here. */
  searchedTo = 0
  /** What the content began with when its source was found. */
  private head: Buffer = Buffer.alloc(0)
  /** What stands before `offset`. */
  private tail: Buffer = Buffer.alloc(0)

  /** What follows is the beginning of a line. */
  get startsOnLine(): boolean {
    return this.offset === 0 || this.tail.at(-1) === 0x0a
  }

  /** At the beginning of a content that begins like this. */
  backToStart(head: Buffer = Buffer.alloc(0)): void {
    this.offset = 0
    this.searchedTo = 0
    this.head = head
    this.tail = Buffer.alloc(0)
  }

  async moveTo(content: Content, offset: number): Promise<void> {
    this.offset = offset
    this.searchedTo = 0
    const from = Math.max(0, offset - tailBytes)
    const tail = Buffer.alloc(offset - from)
    this.tail = tail.subarray(0, await content.read(tail, 0, tail.length, from))
  }

  /** To the end of a chunk that was just cut here; `tail` is the chunk's last bytes. */
  advanceTo(offset: number, tail: Buffer): void {
    this.offset = offset
    this.tail = tail
  }

  /** Whether the content is still what was read: a file can be emptied and written anew. */
  async isUnreplaced(content: Content): Promise<boolean> {
    if (content.compressed) return true
    const head = await readHead(content)
    if (!head.subarray(0, this.head.length).equals(this.head)) return false
    const now = Buffer.alloc(this.tail.length)
    const read = await content.read(now, 0, now.length, this.offset - this.tail.length)
    return read === this.tail.length && now.equals(this.tail)
  }
}
