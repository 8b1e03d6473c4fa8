import type { FileHandle } from 'node:fs/promises'
import { type Chunk, chunkId, recordChunk, selectChunksFrom } from '../ledger/chunks.js'
import { selectVerifiedFile, upsertFile } from '../ledger/files.js'
import { updateSeen } from '../ledger/sources.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { type CutLimits, type CutScratch, cutChunk, findNewline, tailBytes } from './chunk-cutter.js'
import { type Content, mayBecomeGzip, openContent, openFile } from './content.js'
import { type DiscoveredFile, keyOf } from './discovery.js'
import { beginsLike, matchChunk, readHead } from './identity.js'
import type { KnownSource, KnownSources } from './known-sources.js'
import { describeBatches, type PublisherOptions, publishChunk } from './publisher.js'
import { judgeShorter, searchSource } from './source-search.js'

export interface FollowerOptions extends PublisherOptions {
  readonly pool: import('pg').Pool
  readonly registry: LogTypeRegistry
  readonly limits: CutLimits
  readonly sources: KnownSources
  readonly mode: 'follow' | 'once'
  readonly telemetry: ReaderTelemetry
}

/**
 * advanced: there may be more to do at once. waiting: everything there is was dealt with, or an unfinished end
 * (a line, a copy) waits for more.
 */
export type StepOutcome = 'advanced' | 'waiting'

/** The file went away, or its name leads to another one, before it could be opened. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError'
}

/**
 * Follows one file. Always in one of these states:
 *
 *   unknown    which source the file is has to be found out from its content
 *   verifying  the source has recorded chunks beyond `position`: the file's content is compared with them, since a
 *              copy, another reader's work or a former life of this one need not be read again
 *   reading    `position` is the end of what is recorded: the next chunk is cut, recorded, published
 *
 * Content that differs from what the source has recorded sends it back to unknown, that source excluded: two files
 * that begin alike were taken for one until they parted.
 */
export class Follower {
  source: KnownSource | undefined
  /** The content up to here is the source's. */
  position = 0
  content: Content | undefined
  handle: FileHandle | undefined
  /** Why the content ended before the file did, when its end was last seen. */
  damage: string | undefined
  /** Nothing more is to be had from it now. */
  atEnd = false
  /** Its present end was taken as final: an unfinished line or copy waits for nothing more. */
  settled = false
  /** When the file was last seen to have changed, on the clock of performance.now(). */
  changedAtMs = performance.now()
  /** When there was something to read again, on the same clock. */
  unreadSinceMs = Number.NEGATIVE_INFINITY
  /** When it was first not found any more by searching the paths, on the same clock. */
  vanishedAtMs: number | undefined
  /** Of the chunk cut last: how many lines are unread can be estimated without reading them. */
  bytesPerLine = Number.POSITIVE_INFINITY
  /** A step is under way: files are stepped one at a time, sources by one follower at a time. */
  busy = false

  private readonly excluded = new Set<string>()
  private recorded: Chunk[] = []
  /** What the content began with when its source was found. */
  private head: Buffer = Buffer.alloc(0)
  /** What stands before `position`. */
  private tail: Buffer = Buffer.alloc(0)
  private searchedTo = 0
  private rememberedKey = ''
  private mustStartOver = false
  private isCompressed = false
  /** False after what the ledger had remembered of the file led nowhere: then the content decides. */
  private trustsVerifiedFile = true

  /** Size when it was discovered. */
  private readonly foundBytes: number

  constructor(
    public file: DiscoveredFile,
    private readonly options: FollowerOptions,
  ) {
    this.foundBytes = Number(file.stat.sizeBytes)
  }

  /** The file was seen under a new name, or grew, shrank or changed. */
  seenAs(file: DiscoveredFile): void {
    const changed = keyOf(file) !== keyOf(this.file)
    const shrunk = file.stat.sizeBytes < this.file.stat.sizeBytes
    this.file = file
    if (!changed) return
    if (this.atEnd) this.unreadSinceMs = performance.now()
    this.atEnd = false
    this.settled = false
    this.changedAtMs = performance.now()
    // A compressed file that changed is decompressed from its beginning anyway: compare all of it.
    if (shrunk || this.isCompressed) this.mustStartOver = true
  }

  /**
   * One unit of work. `final`: the content's present end is taken for the end of its last line, and an unfinished
   * copy for all that there will be.
   */
  async step(final: boolean, scratch: CutScratch): Promise<StepOutcome> {
    if (this.mustStartOver) await this.startOver()
    // What was plain while it was empty may be gzip by now.
    if (this.source === undefined && this.position === 0) await this.closeContent()
    const content = await this.open()
    if (this.source === undefined && !(await this.identify(content, final, scratch))) return this.wait()
    const source = this.source
    if (source === undefined) return 'advanced'
    if (source.gone) {
      // The database was set back to before this source.
      await this.startOver()
      return 'advanced'
    }
    if (this.position > source.recordedBytes) await this.moveTo(content, source.recordedBytes)
    if (!(await this.isUnreplaced(content))) {
      await this.startOver()
      return 'advanced'
    }
    return this.position < source.recordedBytes
      ? this.verifyNext(content, source, final, scratch)
      : this.readNext(content, source, final, scratch)
  }

  async close(): Promise<void> {
    await this.closeContent()
    const { handle } = this
    this.handle = undefined
    await handle?.close()
  }

  private async closeContent(): Promise<void> {
    const { content } = this
    this.content = undefined
    await content?.close()
  }

  /** The database was set back: what had been read is not recorded any more. */
  get isBehind(): boolean {
    return this.source !== undefined && (this.source.gone || this.source.recordedBytes < this.position)
  }

  /** @throws FileGoneError when the path leads to another file by now. */
  async openHandle(): Promise<FileHandle> {
    if (this.handle !== undefined) return this.handle
    const handle = await openFile(this.file.path)
    const { dev, ino } = await handle.stat({ bigint: true })
    if (`${dev}:${ino}` !== this.file.fileKey) {
      await handle.close()
      throw new FileGoneError(`${this.file.path} is another file now`)
    }
    this.handle = handle
    return handle
  }

  /** Shows the source under the file's new name. */
  async noteRename(): Promise<void> {
    if (this.source !== undefined) await this.noteCopy(await this.open(), this.source)
  }

  /** Looks at the open file again, which is cheaper than searching the paths; does nothing while it is closed. */
  async look(): Promise<void> {
    const found = await this.handle?.stat({ bigint: true })
    if (found === undefined || this.busy) return
    const stat = { device: found.dev, inode: found.ino, sizeBytes: found.size, modifiedNs: found.mtimeNs }
    this.seenAs({ ...this.file, stat })
  }

  private async open(): Promise<Content> {
    this.content ??= await openContent(await this.openHandle())
    this.isCompressed = this.content.compressed
    return this.content
  }

  private async wait(): Promise<StepOutcome> {
    this.damage = this.content?.damage
    this.atEnd = true
    // What decompressing holds is not kept for a file that may never change again.
    if (this.isCompressed) await this.closeContent()
    return 'waiting'
  }

  /** Back to unknown, with nothing excluded: this is new content. */
  private async startOver(): Promise<void> {
    this.mustStartOver = false
    this.backToStart()
    this.excluded.clear()
    await this.closeContent()
  }

  /** Back to unknown, because the content is not this source's. */
  private part(source: KnownSource): StepOutcome {
    this.excluded.add(source.uuid)
    this.backToStart()
    return 'advanced'
  }

  private backToStart(): void {
    this.source = undefined
    this.position = 0
    this.tail = Buffer.alloc(0)
    this.searchedTo = 0
    this.recorded = []
  }

  /** Finds or creates the source that this content is; false when that has to wait for more content. */
  private async identify(content: Content, final: boolean, scratch: CutScratch): Promise<boolean> {
    const { pool, sources, telemetry } = this.options
    const { path } = this.file
    const head = await readHead(content)
    if (head.length === 0 || (!final && mayBecomeGzip(head))) return false
    this.head = head

    const verified = await selectVerifiedFile(pool, path, keyOf(this.file))
    if (verified !== undefined && this.trustsVerifiedFile && !this.excluded.has(verified.source.uuid)) {
      await this.moveTo(content, Math.min(verified.verifiedBytes, verified.source.recordedBytes))
      // Written to since its stat was taken: what was verified then says nothing about what is there now.
      if (!(await this.isAsFound())) {
        this.backToStart()
        return true
      }
      this.source = sources.know(verified.source)
      await this.noteCopy(content, this.source)
      telemetry.sourceFound({ sourceId: verified.source.id, path, startOffset: this.position })
      return true
    }

    const search = { path, head, excluded: this.excluded, final }
    const found = await searchSource(pool, content, search, scratch.block)
    if (found.outcome === 'wait') return false
    // Again: another reader, or another follower of this one, was first.
    if (found.outcome === 'again') return true
    this.source = sources.know(found.source)
    if (found.matchedBytes > 0) await this.moveTo(content, found.matchedBytes)
    await this.noteCopy(content, this.source)
    telemetry.sourceFound({ sourceId: found.source.id, path, startOffset: found.matchedBytes })
    return true
  }

  private async verifyNext(
    content: Content,
    source: KnownSource,
    final: boolean,
    scratch: CutScratch,
  ): Promise<StepOutcome> {
    this.recorded = this.recorded.filter((chunk) => chunk.start >= this.position)
    if (this.recorded[0]?.start !== this.position) {
      this.recorded = await selectChunksFrom(this.options.pool, source.uuid, this.position, 100)
    }
    const next = this.recorded[0]
    if (next === undefined || next.start !== this.position) {
      // Either the ledger was set back to before here, or its chunks were cut anew and none begins here any more.
      this.recorded = []
      await this.options.sources.refresh()
      this.trustsVerifiedFile = false
      if (this.position < source.recordedBytes) await this.startOver()
      return 'advanced'
    }
    const match = await matchChunk(content, next, scratch.block)
    if (match === 'different') return this.part(source)
    if (match === 'shorter') {
      const judged = await judgeShorter(this.options.pool, content, source.id, this.position, final)
      if (judged === 'different') return this.part(source)
      await this.noteEnd(content, source)
      return this.wait()
    }
    this.recorded.shift()
    await this.moveTo(content, next.end)
    return 'advanced'
  }

  private async readNext(
    content: Content,
    source: KnownSource,
    final: boolean,
    scratch: CutScratch,
  ): Promise<StepOutcome> {
    const { pool, registry, limits, telemetry, admission } = this.options
    await admission.admit()
    if (this.options.stop.aborted) return 'waiting'
    if (!final && this.searchedTo > this.position) {
      // Only the end of a long line was missing the last time.
      if ((await findNewline(content, this.searchedTo, scratch.block)) === -1) return this.wait()
    }
    const began = performance.now()
    const startsOnLine = this.position === 0 || this.tail.at(-1) === 0x0a
    const cut = await cutChunk(
      this.bounded(content),
      { start: this.position, startsOnLine, takePartial: final && (await this.isQuiet()) },
      limits,
      registry,
      scratch,
    )
    if (cut === undefined) {
      await this.noteEnd(content, source)
      return this.wait()
    }
    // Looked at after the cut: had the file been emptied and written anew before it, this would show.
    if (!(await this.isUnreplaced(content))) {
      await this.startOver()
      return 'advanced'
    }
    const cutAt = performance.now()
    const chunk: Chunk = {
      id: chunkId(source.uuid, cut.start, cut.end, cut.contentSha256),
      sourceId: source.id,
      sourceUuid: source.uuid,
      start: cut.start,
      end: cut.end,
      lines: cut.lines,
      contentSha256: cut.contentSha256,
      batches: describeBatches(source.uuid, cut),
    }
    if (!(await recordChunk(pool, chunk))) {
      telemetry.sourceConflict({ sourceId: source.id, path: this.file.path, startOffset: cut.start })
      await this.options.sources.refresh()
      return 'advanced'
    }
    source.recordedBytes = cut.end
    source.recordedLines += cut.lines
    // A chunk that no limit has ended took all there was: what comes now gathers anew.
    const bytes = cut.end - cut.start
    if (cut.lines < limits.lines && bytes < limits.bytes) this.unreadSinceMs = performance.now()
    if (cut.lines > 0) this.bytesPerLine = bytes / cut.lines
    this.position = cut.end
    this.tail = cut.tail
    // The file that it was shown under may have parted from it: this one has all of it.
    if (source.path !== this.file.path) await this.showHere(source)
    telemetry.chunkRecorded({
      sourceId: source.id,
      startOffset: cut.start,
      endOffset: cut.end,
      bytes: cut.end - cut.start,
      linesByType: Object.fromEntries([...cut.bodies].map(([logType, { lines }]) => [logType, lines])),
      cutSeconds: (cutAt - began) / 1000,
      recordSeconds: (performance.now() - cutAt) / 1000,
    })
    await publishChunk(chunk, cut, this.options)
    return 'advanced'
  }

  /** Remembers that the file was dealt with up to here, so that an unchanged file is not hashed at the next start. */
  private async noteEnd(content: Content, source: KnownSource): Promise<void> {
    const { path } = this.file
    const key = keyOf(this.file)
    const size = content.compressed ? this.position : Number(this.file.stat.sizeBytes)
    this.searchedTo = content.compressed ? 0 : size
    const remembered = `${source.uuid} ${path} ${key} ${this.position}`
    if (this.rememberedKey === remembered) return
    if (content.damage !== undefined) {
      this.options.telemetry.sourceUnreadable({ path, reason: `gzip: ${content.damage}` })
    }
    await upsertFile(this.options.pool, {
      path,
      sourceId: source.id,
      statKey: key,
      verifiedBytes: this.position,
    })
    // Of a copy that is behind, or of what damage hides, this is not the size.
    const sizeIsKnown = this.position >= source.recordedBytes && content.damage === undefined
    await updateSeen(this.options.pool, source.id, source.path, sizeIsKnown ? size : null)
    this.rememberedKey = remembered
    this.trustsVerifiedFile = true
    this.options.telemetry.sourceComplete({ sourceId: source.id, path, bytes: this.position })
  }

  /** The source is shown under this path if the one it had is gone or leads to another file: it was renamed. */
  private async noteCopy(content: Content, source: KnownSource): Promise<void> {
    if (source.path === this.file.path || (await beginsLike(content, source.path))) return
    await this.showHere(source)
  }

  private async showHere(source: KnownSource): Promise<void> {
    source.path = this.file.path
    await updateSeen(this.options.pool, source.id, source.path, null)
  }

  private async moveTo(content: Content, position: number): Promise<void> {
    this.position = position
    this.searchedTo = 0
    const from = Math.max(0, position - tailBytes)
    const tail = Buffer.alloc(position - from)
    this.tail = tail.subarray(0, await content.read(tail, 0, tail.length, from))
  }

  /** Whether the content is still what was read: a file can be emptied and written anew. */
  private async isUnreplaced(content: Content): Promise<boolean> {
    if (content.compressed) return true
    const head = await readHead(content)
    if (!head.subarray(0, this.head.length).equals(this.head)) return false
    const now = Buffer.alloc(this.tail.length)
    const read = await content.read(now, 0, now.length, this.position - this.tail.length)
    return read === this.tail.length && now.equals(this.tail)
  }

  /**
   * In mode once, the content up to the size that the file was found with: one that is being written has no end to
   * reach. Offsets of a compressed file are not those of the file, and it is not written to in the usual way.
   */
  private bounded(content: Content): Content {
    if (this.options.mode === 'follow' || content.compressed) return content
    const size = this.foundBytes
    return {
      compressed: false,
      damage: undefined,
      read: (buffer, at, until, offset) =>
        offset >= size
          ? Promise.resolve(0)
          : content.read(buffer, at, Math.min(until, at + size - offset), offset),
      close: () => content.close(),
    }
  }

  /** Of a file that is growing at this moment the last line is not whole, however long it had been quiet before. */
  private async isQuiet(): Promise<boolean> {
    if (!(await this.isAsFound())) return false
    return this.options.mode === 'follow' || Number(this.file.stat.sizeBytes) === this.foundBytes
  }

  /** Whether the file is unchanged since it was last looked at; looks again if not. */
  private async isAsFound(): Promise<boolean> {
    const key = keyOf(this.file)
    const found = await this.handle?.stat({ bigint: true })
    if (found === undefined) return false
    const stat = { device: found.dev, inode: found.ino, sizeBytes: found.size, modifiedNs: found.mtimeNs }
    this.seenAs({ ...this.file, stat })
    return keyOf(this.file) === key
  }
}
