import type pg from 'pg'
import { StoppedError, throughPostgresOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { Settings } from '../settings/declaration.js'
import { typeKeys, unclassified } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { Admission } from './admission.js'
import { CutScratch } from './chunk-cutter.js'
import { NotAFileError, openContent } from './content.js'
import { type DiscoveredFile, type Discovery, discoverFiles } from './discovery.js'
import { FileGoneError, Follower, type FollowerOptions } from './follower.js'
import { KnownSources } from './known-sources.js'
import { type RepublisherOptions, type SweepResult, sweep, type UseSourceContent } from './republisher.js'

export interface ReaderOptions {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly keyPrefix: string
  readonly registry: LogTypeRegistry
  readonly settings: Settings['reader']
  readonly paths: readonly string[]
  /** follow: files that grow, rotate, appear. once: to the present end of every file. */
  readonly mode: 'follow' | 'once'
  readonly telemetry: ReaderTelemetry
  /** Called whenever a loop has got on, or has seen that there is nothing to do. */
  readonly beat: () => void
  readonly stop: AbortSignal
}

export interface ReaderState {
  readonly files: number
  readonly totalBytes: number
  readonly readBytes: number
  readonly recordedLines: number
  readonly paused: boolean
  /** Mode once: every file was read to its end. */
  readonly atEnd: boolean
  /** Nothing that was read is still on its way; undefined before the first sweep after the end. */
  readonly sweep: SweepResult | undefined
}

/** Handles kept open so that a file that is renamed or deleted can still be read to its end. */
const maxOpenFiles = 256
/** A file that is out of sight and was quiet for so long is not written to any more. */
const vanishedGraceMs = 60_000
/** A file that changed so recently is looked at again at once, not only when the paths are searched anew. */
const hotMs = 10_000
/** In mode once, how soon the end is noticed. */
const endCheckMs = 50
/** The longest that a timer can wait. */
const longestRestMs = 2 ** 31 - 1
/** Chunks of one file before others get their turn. */
const stepsInARow = 8

/** Follows files and publishes their lines; see follower.ts for one file. */
export class Reader {
  private readonly followers = new Map<string, Follower>()
  private readonly sources: KnownSources
  private readonly admission: Admission
  private readonly followerOptions: FollowerOptions
  private readonly republisherOptions: RepublisherOptions
  private discovery: Discovery = { files: [], problems: [] }
  private readonly unreadable = new Map<string, string>()
  private discovered = false
  private lastSweep: SweepResult | undefined
  private sweepSeesTheEnd = false
  private sweepAtMs = 0

  constructor(private readonly options: ReaderOptions) {
    const { pool, redis, keyPrefix, registry, settings, telemetry, stop } = options
    const types = [...registry.types.map((type) => type.name), unclassified]
    this.sources = new KnownSources(pool)
    this.admission = new Admission({
      redis,
      types: types.map((type) => typeKeys(keyPrefix, type)),
      limits: settings,
      telemetry,
      stop,
    })
    const shared = {
      pool,
      redis,
      keyPrefix,
      registry,
      telemetry,
      stop,
      admission: this.admission,
      limits: { lines: settings.chunkLines, bytes: settings.chunkBytes, maxLineBytes: settings.maxLineBytes },
    }
    this.followerOptions = { ...shared, sources: this.sources, mode: options.mode }
    this.republisherOptions = {
      ...shared,
      graceMs: settings.republishGraceMs,
      maxPublishings: settings.maxPublishings,
    }
  }

  /** Runs until told to stop, or in mode once until every file was read and everything has arrived. */
  async run(): Promise<void> {
    const { settings } = this.options
    const finished = new AbortController()
    const sweepScratch = new CutScratch(settings.maxLineBytes)
    const loops = [
      this.loop('discover', finished.signal, () => this.discover()),
      this.loop('look', finished.signal, () => this.lookAtHotFiles()),
      this.loop('sweep', finished.signal, () => this.sweepOnce(finished, sweepScratch)),
      ...Array.from({ length: settings.concurrentSources }, () => {
        const scratch = new CutScratch(settings.maxLineBytes)
        return this.loop('read', finished.signal, () => this.readSome(scratch))
      }),
    ]
    await Promise.all(loops)
    await Promise.all([...this.followers.values()].map((follower) => follower.close()))
  }

  get state(): ReaderState {
    const followers = [...this.followers.values()]
    const sizes = followers.map((follower) => Number(follower.file.stat.sizeBytes))
    return {
      files: followers.length,
      totalBytes: sizes.reduce((sum, size) => sum + size, 0),
      readBytes: followers.reduce(
        (sum, follower, index) =>
          sum + (follower.atEnd ? sizes[index]! : Math.min(follower.position, sizes[index]!)),
        0,
      ),
      recordedLines: this.sources.all.reduce((sum, source) => sum + source.recordedLines, 0),
      paused: this.admission.cause !== undefined,
      atEnd: this.isAtEnd(),
      sweep: this.sweepSeesTheEnd ? this.lastSweep : undefined,
    }
  }

  /** The sources that this run has to do with. */
  get sourceUuids(): string[] {
    return this.sources.uuids
  }

  /** What was left out, and in mode once files that could not be opened or read. */
  get problems(): Discovery['problems'] {
    const unreadable = [...this.unreadable].map(([path, reason]) => ({
      path,
      reason,
      kind: 'unreadable' as const,
    }))
    return [...this.discovery.problems, ...unreadable]
  }

  /** Files whose content ends before they do: damaged or unfinished gzip. */
  get damaged(): Array<{ path: string; reason: string }> {
    return [...this.followers.values()].flatMap(({ file, damage }) =>
      damage === undefined ? [] : [{ path: file.path, reason: damage }],
    )
  }

  /** Repeats work, resting for as long as it says, until told to stop or finished; failures do not end it. */
  private async loop(name: string, finished: AbortSignal, work: () => Promise<number>): Promise<void> {
    const { telemetry, stop, beat } = this.options
    const ended = AbortSignal.any([stop, finished])
    while (!ended.aborted) {
      let restMs = 1000
      try {
        restMs = await throughPostgresOutages(work, telemetry, stop)
        beat()
      } catch (error) {
        if (error instanceof StoppedError) return
        telemetry.loopFailed({ loop: name, error, retryInMs: restMs })
      }
      if (restMs > 0) await sleep(restMs, ended)
    }
  }

  private async discover(): Promise<number> {
    const { paths, telemetry, settings, mode } = this.options
    const began = performance.now()
    this.discovery = await discoverFiles(paths)
    this.unreadable.clear()
    for (const problem of this.discovery.problems) telemetry.sourceUnreadable(problem)
    const present = new Set<string>()
    for (const file of this.discovery.files) {
      present.add(file.fileKey)
      const follower = this.followers.get(file.fileKey)
      if (follower === undefined) this.followers.set(file.fileKey, new Follower(file, this.followerOptions))
      // In mode once the files are taken as they were found.
      else if (!follower.busy && mode === 'follow') await this.lookAgain(follower, file)
    }
    for (const [key, follower] of this.followers) {
      if (present.has(key)) follower.vanishedAtMs = undefined
      else if (!follower.busy) await this.letGo(key, follower)
    }
    await this.closeIdle()
    this.discovered = true
    this.count()
    if (mode === 'once') return longestRestMs
    // Searching large directories must not become all that the reader does.
    return Math.max(settings.rescanMs, (performance.now() - began) * 10)
  }

  /**
   * A file that was deleted or moved out of sight is read to its end through the open handle. Its writer may still
   * have it open, too, so it is let go only when it was quiet for a while.
   */
  private async letGo(key: string, follower: Follower): Promise<void> {
    const nowMs = performance.now()
    follower.vanishedAtMs ??= nowMs
    await follower.look()
    const quietSinceMs = Math.max(follower.vanishedAtMs, follower.changedAtMs)
    const isDone = follower.settled && nowMs - quietSinceMs >= vanishedGraceMs
    if (follower.busy || (follower.handle !== undefined && !isDone)) return
    this.followers.delete(key)
    await follower.close()
  }

  private async lookAgain(follower: Follower, file: DiscoveredFile): Promise<void> {
    const wasRenamed = file.path !== follower.file.path
    if (follower.handle === undefined) {
      follower.seenAs(file)
    } else {
      // The open file tells what is; the search may have looked at it a while ago.
      follower.file = { ...follower.file, path: file.path }
      await follower.look()
    }
    if (!wasRenamed || follower.busy) return
    follower.busy = true
    try {
      await follower.noteRename()
    } catch (error) {
      if (!(await this.setFileAside(follower, error))) throw error
    } finally {
      follower.busy = false
    }
  }

  /** Files that grow are looked at often, so that a line need not wait for the next search of the paths. */
  private async lookAtHotFiles(): Promise<number> {
    if (this.options.mode === 'once') return longestRestMs
    for (const follower of this.followers.values()) {
      const isHot = follower.vanishedAtMs !== undefined || performance.now() - follower.changedAtMs < hotMs
      if (!follower.busy && isHot) await follower.look()
    }
    return this.options.settings.pollMs
  }

  private async readSome(scratch: CutScratch): Promise<number> {
    const { settings } = this.options
    const follower = this.nextFollower()
    if (follower === undefined) return this.discovered ? settings.pollMs : 10
    follower.busy = true
    // Turns are taken in the order of the map.
    this.followers.delete(follower.file.fileKey)
    this.followers.set(follower.file.fileKey, follower)
    try {
      for (let steps = 0; steps < stepsInARow && !this.options.stop.aborted; steps++) {
        if (steps > 0 && !this.hasWork(follower)) break
        const final = this.isFinal(follower)
        if ((await follower.step(final, scratch)) === 'waiting') {
          // Unless it changed meanwhile.
          if (final && this.isFinal(follower)) follower.settled = true
          // Done with: thousands of open files would be too many.
          if (this.options.mode === 'once') await follower.close()
          break
        }
        this.options.beat()
      }
    } catch (error) {
      if (!(await this.setFileAside(follower, error))) throw error
    } finally {
      follower.busy = false
    }
    return 0
  }

  /** A file that cannot be read is reported and tried again later; everything else is not its fault. */
  private async setFileAside(follower: Follower, error: unknown): Promise<boolean> {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    const ofTheFile =
      error instanceof FileGoneError ||
      error instanceof NotAFileError ||
      ['ENOENT', 'EACCES', 'EPERM', 'EIO', 'EISDIR', 'ENXIO', 'ESTALE'].includes(code ?? '')
    if (!ofTheFile) return false
    const { path, fileKey } = follower.file
    this.options.telemetry.sourceUnreadable({ path, reason: code ?? 'gone' })
    this.unreadable.set(path, code ?? 'gone')
    await follower.close()
    follower.atEnd = true
    follower.settled = true
    // The next search of the paths finds it again, under the name that it has then.
    if (this.options.mode === 'follow') this.followers.delete(fileKey)
    return true
  }

  /** The next follower with something to do, whose source nobody else is reading. */
  private nextFollower(): Follower | undefined {
    const busySources = new Set<string>()
    for (const follower of this.followers.values()) {
      if (follower.busy && follower.source !== undefined) busySources.add(follower.source.uuid)
    }
    for (const follower of this.followers.values()) {
      if (follower.busy || (follower.source !== undefined && busySources.has(follower.source.uuid))) continue
      if (this.hasWork(follower)) return follower
    }
    return undefined
  }

  private hasWork(follower: Follower): boolean {
    if (follower.isBehind) return true
    if (!follower.atEnd) return this.isCutDue(follower)
    return !follower.settled && this.isFinal(follower)
  }

  /** Small growth is left to gather for chunkMs, so that a trickle does not become a chunk a line. */
  private isCutDue(follower: Follower): boolean {
    const { settings, mode } = this.options
    if (mode === 'once' || follower.source === undefined) return true
    const unread = Number(follower.file.stat.sizeBytes) - follower.position
    return (
      unread >= settings.chunkBytes ||
      unread / follower.bytesPerLine >= settings.chunkLines ||
      performance.now() - follower.unreadSinceMs >= settings.chunkMs
    )
  }

  private isFinal(follower: Follower): boolean {
    if (this.options.mode === 'once') return true
    return performance.now() - follower.changedAtMs >= this.options.settings.partialLineMs
  }

  private isAtEnd(): boolean {
    if (!this.discovered) return false
    return [...this.followers.values()].every(
      (follower) => follower.atEnd && !follower.busy && !this.hasWork(follower),
    )
  }

  private async sweepOnce(finished: AbortController, scratch: CutScratch): Promise<number> {
    const { settings, mode } = this.options
    const atEnd = this.isAtEnd()
    if (mode === 'once' && !atEnd && performance.now() < this.sweepAtMs) return endCheckMs
    this.sweepAtMs = performance.now() + settings.sweepMs
    await this.sources.refresh()
    for (const follower of this.followers.values()) {
      if (!follower.busy && follower.isBehind) follower.atEnd = false
    }
    this.lastSweep = await sweep(this.sources.uuids, this.useContent, scratch, this.republisherOptions)
    this.sweepSeesTheEnd = atEnd && this.isAtEnd()
    if (mode === 'once' && this.sweepSeesTheEnd && this.lastSweep.incompleteChunks === 0) finished.abort()
    return mode === 'once' ? Math.min(endCheckMs, settings.sweepMs) : settings.sweepMs
  }

  private readonly useContent: UseSourceContent = async (sourceUuid, end, work) => {
    for (const follower of this.followers.values()) {
      if (follower.source?.uuid !== sourceUuid || follower.position < end) continue
      const handle = await follower.openHandle().catch(() => undefined)
      if (handle === undefined) continue
      // A content of its own: the follower's may be in the middle of something.
      const content = await openContent(handle)
      try {
        await work(content)
        return true
      } finally {
        await content.close()
      }
    }
    return false
  }

  private async closeIdle(): Promise<void> {
    const idle = [...this.followers.values()].filter(
      (follower) =>
        follower.handle !== undefined &&
        !follower.busy &&
        follower.atEnd &&
        performance.now() - follower.changedAtMs > hotMs,
    )
    const open = [...this.followers.values()].filter((follower) => follower.handle !== undefined).length
    for (const follower of idle.slice(0, Math.max(0, open - maxOpenFiles))) await follower.close()
  }

  private count(): void {
    let complete = 0
    let unreadBytes = 0
    for (const follower of this.followers.values()) {
      if (follower.atEnd) complete++
      else unreadBytes += Math.max(0, Number(follower.file.stat.sizeBytes) - follower.position)
    }
    this.options.telemetry.sourcesCounted({ open: this.followers.size - complete, complete, unreadBytes })
  }
}
