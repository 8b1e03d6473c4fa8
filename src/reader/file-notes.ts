import type pg from 'pg'
import { selectVerifiedFile, upsertFile } from '../ledger/files.js'
import { type Source, updateSeen } from '../ledger/sources.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import type { Content } from './content.js'
import type { FollowedFile } from './followed-file.js'
import { beginsLike } from './identity.js'
import type { KnownSource } from './known-sources.js'

/**
 * What the ledger remembers of a file beside the chunks of its source: how far it was verified as it is now, which
 * saves hashing it at the next start, and under which path and size people are shown the source.
 */
export class FileNotes {
  private lastNoted = ''
  /** False after what was remembered led nowhere: then the content decides. */
  private isTrusted = true

  constructor(
    private readonly file: FollowedFile,
    private readonly pool: pg.Pool,
    private readonly telemetry: ReaderTelemetry,
  ) {}

  /** The source that the file was verified to be when it was as it is now, and how far. */
  async recall(): Promise<{ source: Source; verifiedBytes: number } | undefined> {
    return this.isTrusted ? selectVerifiedFile(this.pool, this.file.path, this.file.statKey) : undefined
  }

  distrust(): void {
    this.isTrusted = false
  }

  /** The file as it is now was dealt with up to `position`. */
  async noteEnd(content: Content, source: KnownSource, position: number): Promise<void> {
    const { path, statKey } = this.file
    const sizeBytes = content.compressed ? position : this.file.sizeBytes
    const noted = `${source.uuid} ${path} ${statKey} ${position}`
    if (this.lastNoted === noted) return
    if (content.damage !== undefined) {
      this.telemetry.sourceUnreadable({ path, reason: `gzip: ${content.damage}` })
    }
    await upsertFile(this.pool, { path, sourceId: source.id, statKey, verifiedBytes: position })
    // Of a copy that is behind, or of what damage hides, this is not the size.
    const sizeIsKnown = position >= source.recordedBytes && content.damage === undefined
    await updateSeen(this.pool, source.id, source.path, sizeIsKnown ? sizeBytes : null)
    this.lastNoted = noted
    this.isTrusted = true
    this.telemetry.sourceComplete({ source: source.id, path, bytes: position })
  }

  /** The source is shown under this path if the one it had is gone or leads to another file: it was renamed. */
  async noteCopy(content: Content, source: KnownSource): Promise<void> {
    if (source.path === this.file.path || (await beginsLike(content, source.path))) return
    await this.showHere(source)
  }

  /** The source is shown under this path: the file that it was shown under may have parted from it. */
  async showHere(source: KnownSource): Promise<void> {
    if (source.path === this.file.path) return
    source.path = this.file.path
    await updateSeen(this.pool, source.id, source.path, null)
  }
}
