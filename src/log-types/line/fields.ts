import { ExtraFields } from './extra.js'
import { SCRATCH, Scratch } from './scratch.js'

/** The start of a field that the line does not have. */
export const ABSENT = -1

/**
 * Where the fields of the line in work lie, one slot a field: | start | end |. A field is a range of the line's bytes;
 * or, from SCRATCH on, of scratch memory, for a value that does not stand in the line as it is meant (escaped, decoded,
 * replaced). Reused from line to line, so that taking a line apart allocates nothing.
 */
export class Fields {
  readonly spans: Int32Array
  readonly scratch = new Scratch()
  /** The fields that no column is declared for. */
  readonly extra = new ExtraFields()
  private readonly savedSpans: Int32Array
  private savedScratch = 0
  private savedExtraCount = 0
  private savedExtraLength = 0

  constructor(slots: number) {
    this.spans = new Int32Array(2 * slots)
    this.savedSpans = new Int32Array(2 * slots)
  }

  /** Forgets the line before: every field is absent. */
  clear(): void {
    this.spans.fill(ABSENT)
    this.extra.clear()
    this.scratch.clear()
  }

  /** Remembers what was found so far, for one `restore` or more. There is one such memory. */
  save(): void {
    this.savedSpans.set(this.spans)
    this.savedScratch = this.scratch.position
    this.savedExtraCount = this.extra.fieldCount
    this.savedExtraLength = this.extra.textLength
  }

  /** Forgets what was found since `save`. */
  restore(): void {
    this.spans.set(this.savedSpans)
    this.scratch.position = this.savedScratch
    this.extra.rewind(this.savedExtraCount, this.savedExtraLength)
  }

  /** Fields that were set since `save` as places of a text in scratch memory get SCRATCH added. */
  addScratchToNew(): void {
    const { spans, savedSpans } = this
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at]!
      if (savedSpans[at] !== ABSENT || start < 0 || start >= SCRATCH) continue
      spans[at] = start + SCRATCH
      spans[at + 1] = spans[at + 1]! + SCRATCH
    }
  }

  isSet(slot: number): boolean {
    return this.spans[2 * slot] !== ABSENT
  }

  /** `start` and `end` in the line's bytes, or in scratch memory with SCRATCH added. */
  set(slot: number, start: number, end: number): void {
    this.spans[2 * slot] = start
    this.spans[2 * slot + 1] = end
  }

  /** The bytes that the field of `slot` lies in; its places there are its span without SCRATCH. */
  bytesOf(slot: number, line: Buffer): Buffer {
    return this.spans[2 * slot]! >= SCRATCH ? this.scratch.buffer : line
  }
}
