import { failpoint } from '../lifecycle/failpoints.js'
import { type LoopSignal, unwatched } from '../lifecycle/loop-signal.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { CutLimits } from './chunk-builder.js'
import { cutChunk, findNewline } from './chunk-cutter.js'
import { type ChunkRecordingOptions, recordCut } from './chunk-recording.js'
import { type Content, mayBecomeGzip } from './content.js'
import type { CutScratch } from './cut-scratch.js'
import type { DiscoveredFile } from './discovery.js'
import { FileNotes } from './file-notes.js'
import { FollowedFile } from './followed-file.js'
import { matchChunk, readHead } from './identity.js'
import type { KnownSource } from './known-sources.js'
import { type PublisherOptions, publishChunk } from './publisher.js'
import { ReadPosition } from './read-position.js'
import type { Finality, ReadMode } from './read-schedule.js'
import { RecordedChunks } from './recorded-chunks.js'
import { judgeShorter, searchSource } from './source-search.js'

export interface FollowerOptions extends PublisherOptions, ChunkRecordingOptions {
  readonly registry: LogTypeRegistry
  readonly limits: CutLimits
  readonly mode: ReadMode
}

/**
 * advanced: there may be more to do at once. waiting: everything there is was dealt with, or an unfinished end
 * (a line, a copy) waits for more.
 */
export type StepOutcome = 'advanced' | 'waiting'

/** What one step works with. */
interface Step {
  readonly content: Content
  /** The content's present end is taken for final. */
  readonly final: boolean
  /** It is taken for the end of a record, too. */
  readonly recordFinal: boolean
  readonly scratch: CutScratch
  /** Of the loop that gives this file its turn. */
  readonly loop: LoopSignal
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
  readonly file: FollowedFile
  source: KnownSource | undefined
  /** Of the chunk cut last: how many lines are unread can be estimated without reading them. */
  bytesPerLine = Number.POSITIVE_INFINITY
  /** A step is under way: files are stepped one at a time, sources by one follower at a time. */
  busy = false

  private readonly at = new ReadPosition()
  /** Of any log type. */
  private readonly hasRecords: boolean
  private readonly notes: FileNotes
  private readonly recorded: RecordedChunks
  /** Sources that the content was seen to differ from. */
  private readonly excluded = new Set<string>()

  constructor(
    file: DiscoveredFile,
    private readonly options: FollowerOptions,
  ) {
    this.hasRecords = options.registry.types.some(({ multiline }) => multiline !== undefined)
    this.file = new FollowedFile(file, options.mode)
    this.notes = new FileNotes(this.file, options.pool, options.telemetry)
    this.recorded = new RecordedChunks(options.pool)
  }

  /** The content up to here is the source's. */
  get position(): number {
    return this.at.offset
  }

  /** Of the file as it was last seen; of a compressed one, where offsets are of something else, a rough idea. */
  get unreadBytes(): number {
    return this.file.sizeBytes - this.position
  }

  /** The same of a file that grows while a step waits for a server, however long that takes. */
  async presentUnreadBytes(): Promise<number> {
    const bytes = this.busy ? await this.file.presentBytes() : this.file.sizeBytes
    return Math.max(0, bytes - this.position)
  }

  /** The database was set back: what had been read is not recorded any more. */
  get isBehind(): boolean {
    return this.source !== undefined && (this.source.gone || this.source.recordedBytes < this.position)
  }

  /**
   * One unit of work, with what the content's present end is taken for.
   */
  async step(
    { final, recordFinal }: Finality,
    scratch: CutScratch,
    loop: LoopSignal = unwatched,
  ): Promise<StepOutcome> {
    this.file.waitsForRecord = this.hasRecords && !recordFinal
    if (this.file.mustReadAnew) await this.startOver()
    // What was plain while it was empty may be gzip by now.
    if (this.source === undefined && this.position === 0) await this.file.closeContent()
    const content = await this.file.open()
    content.onPiece = loop.beat
    const step = { content, final, recordFinal, scratch, loop }
    if (this.source === undefined && !(await this.identify(step))) return this.wait()
    const source = this.source
    if (source === undefined) return 'advanced'
    // The database was set back to before this source.
    if (source.gone) return this.startOver()
    if (this.position > source.recordedBytes) await this.at.moveTo(content, source.recordedBytes)
    if (!(await this.at.isUnreplaced(content))) return this.startOver()
    return this.position < source.recordedBytes ? this.verifyNext(step, source) : this.readNext(step, source)
  }

  /** Looks at the open file again; does nothing while a step is under way, which looks for itself. */
  async look(): Promise<void> {
    await this.file.look(() => !this.busy)
  }

  /** Shows the source under the file's new name. */
  async noteRename(): Promise<void> {
    if (this.source !== undefined) await this.notes.noteCopy(await this.file.open(), this.source)
  }

  private async wait(): Promise<StepOutcome> {
    await this.file.reachEnd()
    return 'waiting'
  }

  /** Back to unknown, with nothing excluded: this is new content. */
  private async startOver(): Promise<StepOutcome> {
    this.file.mustReadAnew = false
    this.backToStart()
    this.excluded.clear()
    await this.file.closeContent()
    return 'advanced'
  }

  /** Back to unknown, because the content is not this source's. */
  private part(source: KnownSource): StepOutcome {
    this.excluded.add(source.uuid)
    this.backToStart()
    return 'advanced'
  }

  private backToStart(): void {
    this.source = undefined
    this.at.backToStart()
    this.recorded.forget()
  }

  /** Finds or creates the source that this content is; false when that has to wait for more content. */
  private async identify({ content, final, scratch }: Step): Promise<boolean> {
    const { pool, sources, telemetry } = this.options
    const { path } = this.file
    const head = await readHead(content)
    if (head.length === 0 || (!final && mayBecomeGzip(head))) return false
    this.at.backToStart(head)

    const verified = await this.notes.recall()
    if (verified !== undefined && !this.excluded.has(verified.source.uuid)) {
      await this.at.moveTo(content, Math.min(verified.verifiedBytes, verified.source.recordedBytes))
      // Written to since its stat was taken: what was verified then says nothing about what is there now.
      if (!(await this.file.look())) {
        this.backToStart()
        return true
      }
      this.source = sources.know(verified.source)
    } else {
      const search = { path, head, excluded: this.excluded, final }
      const found = await searchSource(pool, content, search, scratch.block)
      if (found.outcome === 'wait') return false
      // Again: another reader, or another follower of this one, was first.
      if (found.outcome === 'again') return true
      this.source = sources.know(found.source)
      if (found.matchedBytes > 0) await this.at.moveTo(content, found.matchedBytes)
    }
    await this.notes.noteCopy(content, this.source)
    telemetry.sourceFound({ source: this.source.id, path, startOffset: this.position })
    return true
  }

  private async verifyNext({ content, final, scratch }: Step, source: KnownSource): Promise<StepOutcome> {
    const next = await this.recorded.at(source.uuid, this.position)
    if (next === undefined) {
      // Either the ledger was set back to before here, or its chunks were cut anew and none begins here any more.
      await this.options.sources.refresh()
      this.notes.distrust()
      return this.position < source.recordedBytes ? this.startOver() : 'advanced'
    }
    const match = await matchChunk(content, next, scratch.block)
    if (match === 'different') return this.part(source)
    if (match === 'shorter') {
      const judged = await judgeShorter(this.options.pool, content, next, final)
      return judged === 'different' ? this.part(source) : this.stopAtEnd(content, source)
    }
    await this.at.moveTo(content, next.end)
    return 'advanced'
  }

  private async readNext(
    { content, final, recordFinal, scratch, loop }: Step,
    source: KnownSource,
  ): Promise<StepOutcome> {
    const { file, at } = this
    const { registry, limits, admission, stop } = this.options
    await admission.admit(loop.waiting)
    if (stop.aborted) return 'waiting'
    if (!final && !recordFinal && at.searchedTo > at.offset) {
      // Only the end of a long line was missing the last time.
      if ((await findNewline(content, at.searchedTo, scratch.block)) === -1) return this.wait()
    }
    const began = performance.now()
    const isQuiet = (final || recordFinal) && (await file.isQuiet())
    const ends = { takePartial: final && isQuiet, takeRecord: recordFinal && isQuiet }
    const request = { start: at.offset, startsOnLine: at.startsOnLine, ...ends }
    const cut = await cutChunk(file.bounded(content), request, limits, registry, scratch)
    if (cut === undefined) return this.stopAtEnd(content, source)
    // Looked at after the cut: had the file been emptied and written anew before it, this would show.
    if (!(await at.isUnreplaced(content))) return this.startOver()

    const cutSeconds = (performance.now() - began) / 1000
    const chunk = await recordCut(
      cut,
      { source, path: file.path, fileTimeMs: file.writtenAtMs, cutSeconds },
      this.options,
    )
    if (chunk === undefined) return 'advanced'
    at.advanceTo(cut.end, cut.tail)
    const bytes = cut.end - cut.start
    // A chunk that no limit has ended took all there was: what comes now gathers anew.
    if (cut.lines < limits.lines && bytes < limits.bytes) file.unreadSinceMs = performance.now()
    if (cut.lines > 0) this.bytesPerLine = bytes / cut.lines
    await this.notes.showHere(source)
    await publishChunk(chunk, cut, this.options)
    failpoint('reader.chunk-published')
    return 'advanced'
  }

  private async stopAtEnd(content: Content, source: KnownSource): Promise<StepOutcome> {
    this.at.searchedTo = content.compressed ? 0 : this.file.sizeBytes
    await this.notes.noteEnd(content, source, this.position)
    return this.wait()
  }
}
