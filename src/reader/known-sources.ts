import type pg from 'pg'
import { type Source, selectSources } from '../ledger/sources.js'

/** A source that this reader follows; shared by all its followers, so that what one records the others see. */
export interface KnownSource {
  readonly id: number
  readonly uuid: string
  path: string
  recordedBytes: number
  /** Lines that this process recorded. */
  recordedLines: number
  /** The ledger does not have it any more: the database was set back. */
  gone: boolean
}

export class KnownSources {
  private readonly byUuid = new Map<string, KnownSource>()

  constructor(private readonly pool: pg.Pool) {}

  know(source: Source): KnownSource {
    const known = this.byUuid.get(source.uuid)
    if (known !== undefined && !known.gone) {
      // What was selected may be older than what we know; that the database was set back, refresh finds out.
      known.recordedBytes = Math.max(known.recordedBytes, source.recordedBytes)
      return known
    }
    const created = { ...source, recordedLines: 0, gone: false }
    this.byUuid.set(source.uuid, created)
    return created
  }

  get uuids(): string[] {
    return [...this.byUuid.keys()]
  }

  get all(): KnownSource[] {
    return [...this.byUuid.values()]
  }

  /**
   * Reads from the ledger how far each source is recorded. Behind what we knew: the database was set back, and the
   * followers go back with it. Ahead: another reader recorded, and they verify. Returns true if anything changed.
   */
  async refresh(): Promise<boolean> {
    let changed = false
    const before = new Map([...this.byUuid].map(([uuid, known]) => [uuid, known.recordedBytes]))
    const sources = new Map(
      (await selectSources(this.pool, this.uuids)).map((source) => [source.uuid, source]),
    )
    for (const [uuid, known] of this.byUuid) {
      // Known only since the ledger was asked: its answer says nothing about it.
      if (!before.has(uuid)) continue
      const source = sources.get(uuid)
      if (source === undefined) {
        known.gone = true
        this.byUuid.delete(uuid)
        changed = true
      } else if (known.recordedBytes === before.get(uuid) && source.recordedBytes !== known.recordedBytes) {
        known.recordedBytes = source.recordedBytes
        changed = true
      }
    }
    return changed
  }
}
