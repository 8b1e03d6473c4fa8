import type { Chunk } from '../ledger/chunks.js'
import type { Attempt } from './source-files.js'

/** A stretch of a source whose batches could not be parsed again, and why. What is in the tables stays. */
export interface Refusal {
  readonly sourceId: number
  /** Where the source was seen last. */
  readonly path: string
  /** Byte range, in the decompressed content. */
  readonly start: number
  readonly end: number
  readonly batches: number
  readonly lines: number
  readonly reason: string
  /** Where its content was looked for. */
  readonly attempts: readonly Attempt[]
}

/** Stretches kept; more are only counted. */
const keptRefusals = 100

/** Refusals, those of a source for the same reason joined as long as they follow each other. */
export class Refusals {
  readonly list: Refusal[] = []
  batches = 0
  private lastKey = ''

  add(chunk: Chunk, path: string, lines: number, reason: string, attempts: readonly Attempt[] = []): void {
    this.batches++
    const key = JSON.stringify([chunk.sourceId, reason, attempts])
    const last = this.list.at(-1)
    if (last !== undefined && key === this.lastKey) {
      this.list[this.list.length - 1] = {
        ...last,
        end: chunk.end,
        batches: last.batches + 1,
        lines: last.lines + lines,
      }
    } else if (this.list.length < keptRefusals) {
      const { sourceId, start, end } = chunk
      this.list.push({ sourceId, path, start, end, batches: 1, lines, reason, attempts })
      this.lastKey = key
    } else this.lastKey = ''
  }
}
