import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { NotAFileError } from './content.js'
import type { DiscoveredFile } from './discovery.js'
import { FileGoneError } from './followed-file.js'
import { Follower, type FollowerOptions } from './follower.js'
import { chooseNext, isDone, type ReadMode, type ScheduleLimits } from './read-schedule.js'

export interface FollowersOptions {
  readonly mode: ReadMode
  readonly limits: ScheduleLimits
  readonly follower: FollowerOptions
  readonly telemetry: ReaderTelemetry
}

/** What a file, and not the machine or the program, is to blame for. */
const faultsOfAFile = ['ENOENT', 'EACCES', 'EPERM', 'EIO', 'EISDIR', 'ENXIO', 'ESTALE']

/** The followers of all files at hand, in the order of their turns. */
export class Followers {
  private readonly byKey = new Map<string, Follower>()
  /** Reasons by path, of files that could not be opened or read since `forgetUnreadable`. */
  private readonly unreadableFiles = new Map<string, string>()

  constructor(private readonly options: FollowersOptions) {}

  /** As of now: turns that are taken and files that come and go meanwhile do not change it. */
  get all(): Follower[] {
    return [...this.byKey.values()]
  }

  get(fileKey: string): Follower | undefined {
    return this.byKey.get(fileKey)
  }

  add(file: DiscoveredFile): void {
    this.byKey.set(file.fileKey, new Follower(file, this.options.follower))
  }

  async remove(follower: Follower): Promise<void> {
    this.byKey.delete(follower.file.fileKey)
    await follower.file.close()
  }

  get isDone(): boolean {
    const nowMs = performance.now()
    return this.all.every((follower) => isDone(follower, this.options.limits, nowMs))
  }

  /** The next with something to do; its next turn comes after those of all others. */
  takeTurn(): Follower | undefined {
    const next = chooseNext(this.byKey, this.options.limits, performance.now())
    if (next === undefined) return undefined
    this.byKey.delete(next.file.fileKey)
    this.byKey.set(next.file.fileKey, next)
    return next
  }

  /**
   * Runs work on a follower that is not busy, and is by that for others. A file that cannot be read is reported and
   * tried again later; everything else that work throws is not its fault.
   */
  async keepBusy(follower: Follower, work: () => Promise<void>): Promise<void> {
    follower.busy = true
    try {
      await work()
    } catch (error) {
      if (!(await this.setAside(follower, error))) throw error
    } finally {
      follower.busy = false
    }
  }

  get unreadable(): Array<{ path: string; reason: string }> {
    return [...this.unreadableFiles].map(([path, reason]) => ({ path, reason }))
  }

  forgetUnreadable(): void {
    this.unreadableFiles.clear()
  }

  private async setAside(follower: Follower, error: unknown): Promise<boolean> {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    const ofTheFile =
      error instanceof FileGoneError || error instanceof NotAFileError || faultsOfAFile.includes(code ?? '')
    if (!ofTheFile) return false
    const { file } = follower
    const reason = code ?? 'gone'
    this.options.telemetry.sourceUnreadable({ path: file.path, reason })
    this.unreadableFiles.set(file.path, reason)
    await file.close()
    file.atEnd = true
    file.settled = true
    // The next search of the paths finds it again, under the name that it has then.
    if (this.options.mode === 'follow') this.byKey.delete(file.fileKey)
    return true
  }
}
