import { type LoopSignal, unwatched } from '../lifecycle/loop-signal.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { type DiscoveredFile, type Discovery, discoverFiles } from './discovery.js'
import type { Follower } from './follower.js'
import type { Followers } from './followers.js'
import type { ReadMode } from './read-schedule.js'

export interface FileWatchOptions {
  readonly paths: readonly string[]
  readonly mode: ReadMode
  readonly rescanMs: number
  readonly pollMs: number
  readonly telemetry: ReaderTelemetry
}

/** Handles kept open so that a file that is renamed or deleted can still be read to its end. */
const maxOpenFiles = 256
/** A file that is out of sight and was quiet for so long is not written to any more. */
const vanishedGraceMs = 60_000
/** A file that changed so recently is looked at again at once, not only when the paths are searched anew. */
const hotMs = 10_000
/** Searching large directories must not become all that the reader does: it rests for so many times as long. */
const restShare = 10
/** The longest that a timer can wait. */
const longestRestMs = 2 ** 31 - 1

/** Notices files that appear, change, are renamed and go, and tells their followers. */
export class FileWatch {
  /** What was left out when the paths were last searched. */
  problems: Discovery['problems'] = []
  /** The paths were searched, and what was found is followed. */
  hasSearched = false
  private lastSearchMs = 0

  constructor(
    private readonly followers: Followers,
    private readonly options: FileWatchOptions,
  ) {}

  /** Searches the paths. Returns milliseconds to rest until the next time, as the other loops do. */
  async search(loop: LoopSignal = unwatched): Promise<number> {
    const { paths, telemetry, rescanMs, mode } = this.options
    const { followers } = this
    const began = performance.now()
    const { files, problems } = await discoverFiles(paths, loop.beat)
    this.problems = problems
    followers.forgetUnreadable()
    for (const problem of problems) telemetry.sourceUnreadable(problem)
    for (const file of files) {
      loop.beat()
      const follower = followers.get(file.fileKey)
      if (follower === undefined) followers.add(file)
      // In mode once the files are taken as they were found.
      else if (!follower.busy && mode === 'follow') await this.lookAgain(follower, file)
    }
    const present = new Set(files.map(({ fileKey }) => fileKey))
    for (const follower of followers.all) {
      if (present.has(follower.file.fileKey)) follower.file.vanishedAtMs = undefined
      else if (!follower.busy) await this.letGo(follower)
    }
    await this.closeIdle()
    this.hasSearched = true
    await this.count()
    if (mode === 'once') return longestRestMs
    const [searchMs, searchBeforeMs] = [performance.now() - began, this.lastSearchMs]
    this.lastSearchMs = searchMs
    return restAfterSearch(rescanMs, searchMs, searchBeforeMs)
  }

  /** Files that grow are looked at often, so that a line need not wait for the next search of the paths. */
  async lookAtHotFiles(loop: LoopSignal = unwatched): Promise<number> {
    if (this.options.mode === 'once') return longestRestMs
    for (const follower of this.followers.all) {
      loop.beat()
      const isHot = follower.file.vanishedAtMs !== undefined || !isColdAt(follower, performance.now())
      if (!follower.busy && isHot) await follower.look()
    }
    return this.options.pollMs
  }

  private async lookAgain(follower: Follower, found: DiscoveredFile): Promise<void> {
    const { file } = follower
    if (found.path !== file.path) file.hasNewName = true
    if (file.isOpen) {
      // The open file tells what is; the search may have looked at it a while ago.
      file.renamedTo(found.path)
      await follower.look()
    } else {
      file.seenAs(found)
    }
    // Of one that is being read the next search notes it.
    if (!file.hasNewName || follower.busy) return
    file.hasNewName = false
    await this.followers.keepBusy(follower, () => follower.noteRename())
  }

  /**
   * A file that was deleted or moved out of sight is read to its end through the open handle. Its writer may still
   * have it open, too, so it is let go only when it was quiet for a while.
   */
  private async letGo(follower: Follower): Promise<void> {
    const { file } = follower
    const nowMs = performance.now()
    file.vanishedAtMs ??= nowMs
    await follower.look()
    const quietSinceMs = Math.max(file.vanishedAtMs, file.changedAtMs)
    const isDone = file.settled && !file.waitsForRecord && nowMs - quietSinceMs >= vanishedGraceMs
    if (follower.busy || (file.isOpen && !isDone)) return
    await this.followers.remove(follower)
  }

  private async closeIdle(): Promise<void> {
    const nowMs = performance.now()
    const open = this.followers.all.filter(({ file }) => file.isOpen)
    const idle = open.filter((follower) => follower.file.atEnd && isColdAt(follower, nowMs) && !follower.busy)
    for (const follower of idle.slice(0, Math.max(0, open.length - maxOpenFiles))) {
      // It may have got a turn while another one was closed.
      if (!follower.busy) await follower.file.close()
    }
  }

  private async count(): Promise<void> {
    const reading = this.followers.all.filter(({ file }) => !file.atEnd)
    const unreadBytes = await Promise.all(reading.map((follower) => follower.presentUnreadBytes()))
    this.options.telemetry.sourcesCounted({
      open: reading.length,
      complete: this.followers.all.length - reading.length,
      unreadBytes: unreadBytes.reduce((sum, bytes) => sum + bytes, 0),
    })
  }
}

/**
 * Large directories are slow to search every time. A single search, most of all the first one, is held up by other
 * things, such as the start of the process; files that appear need not wait for that.
 */
export function restAfterSearch(rescanMs: number, searchMs: number, searchBeforeMs: number): number {
  return Math.max(rescanMs, restShare * Math.min(searchMs, searchBeforeMs))
}

function isColdAt({ file }: Follower, nowMs: number): boolean {
  return nowMs - file.changedAtMs > hotMs
}
