import type pg from 'pg'
import { type Chunk, selectChunksFrom } from '../ledger/chunks.js'

/** Chunks asked for at a time. */
const aheadChunks = 100

/** The chunks that a source has recorded, one after the other. */
export class RecordedChunks {
  private ahead: Chunk[] = []

  constructor(private readonly pool: pg.Pool) {}

  /** The chunk that begins at this offset, if there is one. */
  async at(sourceUuid: string, offset: number): Promise<Chunk | undefined> {
    this.ahead = this.ahead.filter((chunk) => chunk.start >= offset)
    if (this.ahead[0]?.start !== offset) {
      this.ahead = await selectChunksFrom(this.pool, sourceUuid, offset, aheadChunks)
    }
    const next = this.ahead[0]
    if (next?.start === offset) return next
    this.forget()
    return undefined
  }

  /** What was asked for is of no use any more: another source, or the ledger has changed. */
  forget(): void {
    this.ahead = []
  }
}
