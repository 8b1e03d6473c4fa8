import type pg from 'pg'
import type { LoopSignal, WatchLoop } from '../lifecycle/loop-signal.js'
import { StoppedError, throughPostgresOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { Settings } from '../settings/declaration.js'
import { typeKeys, unclassified } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { Admission } from './admission.js'
import { CutScratch } from './cut-scratch.js'
import type { Discovery } from './discovery.js'
import { FileWatch } from './file-watch.js'
import type { Follower } from './follower.js'
import { Followers } from './followers.js'
import { KnownSources } from './known-sources.js'
import { finalityOf, hasWork, isFinal, type ReadMode, type ScheduleLimits } from './read-schedule.js'
import type { SweepResult } from './republisher.js'
import { Sweeper } from './sweeper.js'

export interface ReaderOptions {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly keyPrefix: string
  readonly registry: LogTypeRegistry
  readonly settings: Settings['reader']
  readonly paths: readonly string[]
  readonly mode: ReadMode
  readonly telemetry: ReaderTelemetry
  readonly watch: WatchLoop
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

/** Chunks of one file before others get their turn. */
const stepsInARow = 8

/** Follows files and publishes their lines; see follower.ts for one file. */
export class Reader {
  private readonly sources: KnownSources
  private readonly admission: Admission
  private readonly schedule: ScheduleLimits
  private readonly followers: Followers
  private readonly watch: FileWatch
  private readonly sweeper: Sweeper

  constructor(private readonly options: ReaderOptions) {
    const { pool, redis, keyPrefix, registry, settings, paths, mode, telemetry, stop } = options
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
    const { chunkBytes, chunkLines, chunkMs, partialLineMs, recordWaitMs, rescanMs, pollMs, sweepMs } =
      settings
    this.schedule = { mode, chunkBytes, chunkLines, chunkMs, partialLineMs, recordWaitMs }
    this.followers = new Followers({
      mode,
      limits: this.schedule,
      follower: { ...shared, sources: this.sources, mode },
      telemetry,
    })
    this.watch = new FileWatch(this.followers, { paths, mode, rescanMs, pollMs, telemetry })
    this.sweeper = new Sweeper(this.followers, this.sources, {
      mode,
      sweepMs,
      republisher: {
        ...shared,
        graceMs: settings.republishGraceMs,
        maxPublishings: settings.maxPublishings,
      },
      isAtEnd: () => this.isAtEnd,
    })
  }

  /** Runs until told to stop, or in mode once until every file was read and everything has arrived. */
  async run(): Promise<void> {
    const { settings, mode } = this.options
    const finished = new AbortController()
    const sweepScratch = new CutScratch(settings.maxLineBytes)
    const loops = [
      this.loop('discover', finished.signal, (loop) => this.watch.search(loop)),
      this.loop('look', finished.signal, (loop) => this.watch.lookAtHotFiles(loop)),
      this.loop('sweep', finished.signal, async (loop) => {
        const restMs = await this.sweeper.sweep(sweepScratch, loop)
        if (mode === 'once' && this.sweeper.final?.incompleteChunks === 0) finished.abort()
        return restMs
      }),
      ...Array.from({ length: settings.concurrentSources }, (_, index) => {
        const scratch = new CutScratch(settings.maxLineBytes)
        return this.loop(`read ${index + 1}`, finished.signal, (loop) => this.readSome(scratch, loop))
      }),
    ]
    await Promise.all(loops)
    await Promise.all(this.followers.all.map(({ file }) => file.close()))
  }

  get state(): ReaderState {
    const followers = this.followers.all
    const readBytes = ({ file, position }: Follower): number =>
      file.atEnd ? file.sizeBytes : Math.min(position, file.sizeBytes)
    return {
      files: followers.length,
      totalBytes: followers.reduce((sum, { file }) => sum + file.sizeBytes, 0),
      readBytes: followers.reduce((sum, follower) => sum + readBytes(follower), 0),
      recordedLines: this.sources.all.reduce((sum, source) => sum + source.recordedLines, 0),
      paused: this.admission.cause !== undefined,
      atEnd: this.isAtEnd,
      sweep: this.sweeper.final,
    }
  }

  /** The sources that this run has to do with. */
  get sourceUuids(): string[] {
    return this.sources.uuids
  }

  /** What was left out, and in mode once files that could not be opened or read. */
  get problems(): Discovery['problems'] {
    const unreadable = this.followers.unreadable.map((file) => ({ ...file, kind: 'unreadable' as const }))
    return [...this.watch.problems, ...unreadable]
  }

  /** Files whose content ends before they do: damaged or unfinished gzip. */
  get damaged(): Array<{ path: string; reason: string }> {
    return this.followers.all.flatMap(({ file: { path, damage } }) =>
      damage === undefined ? [] : [{ path, reason: damage }],
    )
  }

  private get isAtEnd(): boolean {
    return this.watch.hasSearched && this.followers.isDone
  }

  /** Repeats work, resting for as long as it says, until told to stop or finished; failures do not end it. */
  private async loop(
    name: string,
    finished: AbortSignal,
    work: (loop: LoopSignal) => Promise<number>,
  ): Promise<void> {
    const { telemetry, stop, watch } = this.options
    const ended = AbortSignal.any([stop, finished])
    const loop = watch(name)
    while (!ended.aborted) {
      let restMs = 1000
      loop.begin()
      try {
        restMs = await throughPostgresOutages(() => work(loop), telemetry, stop)
        loop.beat()
        if (restMs > 0) loop.rest()
      } catch (error) {
        if (error instanceof StoppedError) break
        telemetry.loopFailed({ loop: name, error, retryInMs: restMs })
      }
      if (restMs > 0) await sleep(restMs, ended)
    }
    loop.end()
  }

  /** Gives one file its turn. */
  private async readSome(scratch: CutScratch, loop: LoopSignal): Promise<number> {
    const { settings, mode, stop } = this.options
    const follower = this.followers.takeTurn()
    if (follower === undefined) return this.watch.hasSearched ? settings.pollMs : 10
    await this.followers.keepBusy(follower, async () => {
      for (let steps = 0; steps < stepsInARow && !stop.aborted; steps++) {
        if (steps > 0 && !hasWork(follower, this.schedule, performance.now())) break
        const finality = finalityOf(follower, this.schedule, performance.now())
        if ((await follower.step(finality, scratch, loop)) === 'waiting') {
          // Unless it changed meanwhile.
          if (finality.final && isFinal(follower, this.schedule, performance.now()))
            follower.file.settled = true
          // Done with: thousands of open files would be too many.
          if (mode === 'once') await follower.file.close()
          break
        }
        loop.beat()
      }
    })
    return 0
  }
}
