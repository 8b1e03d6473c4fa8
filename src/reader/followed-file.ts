import type { FileHandle } from 'node:fs/promises'
import { type Content, openContent, openFile } from './content.js'
import { contentUpTo } from './content-up-to.js'
import { type DiscoveredFile, keyOf } from './discovery.js'
import type { ReadMode } from './read-schedule.js'

/** The file went away, or its name leads to another one, before it could be opened. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError'
}

/** A file as it was last seen, under whatever name, and what is open of it; whose content it is, its follower knows. */
export class FollowedFile {
  /** Nothing more is to be had from it as it was last seen. */
  atEnd = false
  /** Its present end was taken as final: an unfinished line or copy waits for nothing more. */
  settled = false
  /** Its end may be within a record of several lines, which is complete when nothing comes for a while. */
  waitsForRecord = false
  /** It shrank, or is compressed and changed: what was read of it tells nothing about what is there now. */
  mustReadAnew = false
  /** Why the content ended before the file did, when its end was last seen. */
  damage: string | undefined
  /** When it was last seen to have changed, on the clock of performance.now(). */
  changedAtMs = performance.now()
  /** When there was something to read again, on the same clock. */
  unreadSinceMs = Number.NEGATIVE_INFINITY
  /** When it was first not found any more by searching the paths, on the same clock. */
  vanishedAtMs: number | undefined

  /** It was found under another name, which its source is not shown under yet. */
  hasNewName = false
  private handle: FileHandle | undefined
  private content: Content | undefined
  private isCompressed = false
  /** Size when it was discovered. */
  private readonly foundBytes: number

  constructor(
    private seen: DiscoveredFile,
    private readonly mode: ReadMode,
  ) {
    this.foundBytes = this.sizeBytes
  }

  get path(): string {
    return this.seen.path
  }

  get fileKey(): string {
    return this.seen.fileKey
  }

  /** Changes with every write; the same for all names. */
  get statKey(): string {
    return keyOf(this.seen)
  }

  get sizeBytes(): number {
    return Number(this.seen.stat.sizeBytes)
  }

  /** When it was written last, epoch milliseconds. */
  get writtenAtMs(): number {
    return Number(this.seen.stat.modifiedNs / 1_000_000n)
  }

  get isOpen(): boolean {
    return this.handle !== undefined
  }

  /** It was seen under a new name, or grew, shrank or changed. */
  seenAs(file: DiscoveredFile): void {
    const changed = keyOf(file) !== keyOf(this.seen)
    const shrunk = file.stat.sizeBytes < this.seen.stat.sizeBytes
    this.seen = file
    if (!changed) return
    if (this.atEnd) this.unreadSinceMs = performance.now()
    this.atEnd = false
    this.settled = false
    this.changedAtMs = performance.now()
    // A compressed file that changed is decompressed from its beginning anyway: compare all of it.
    if (shrunk || this.isCompressed) this.mustReadAnew = true
  }

  renamedTo(path: string): void {
    this.seen = { ...this.seen, path }
  }

  /**
   * Looks at the open file again, which is cheaper than searching the paths, and takes in what it sees unless `mayTake`
   * says otherwise by then. Returns whether the file is as it was last seen; false, too, while it is closed.
   */
  async look(mayTake: () => boolean = () => true): Promise<boolean> {
    const key = this.statKey
    const found = await this.handle?.stat({ bigint: true })
    if (found === undefined || !mayTake()) return false
    const stat = { device: found.dev, inode: found.ino, sizeBytes: found.size, modifiedNs: found.mtimeNs }
    this.seenAs({ ...this.seen, stat })
    return this.statKey === key
  }

  /** Its size at this moment where it is open, without taking in what is seen. */
  async presentBytes(): Promise<number> {
    // It may be closed meanwhile.
    const found = await this.handle?.stat().catch(() => undefined)
    return found?.size ?? this.sizeBytes
  }

  /** Of a file that is growing at this moment the last line is not whole, however long it had been quiet before. */
  async isQuiet(): Promise<boolean> {
    if (!(await this.look())) return false
    return this.mode === 'follow' || this.sizeBytes === this.foundBytes
  }

  /** @throws FileGoneError when the path leads to another file by now. */
  async open(): Promise<Content> {
    this.handle ??= await this.openByPath()
    this.content ??= await openContent(this.handle)
    this.isCompressed = this.content.compressed
    return this.content
  }

  /**
   * In mode once, the content up to the size that the file was found with: one that is being written has no end to
   * reach. Offsets of a compressed file are not those of the file, and it is not written to in the usual way.
   */
  bounded(content: Content): Content {
    return this.mode === 'follow' || content.compressed ? content : contentUpTo(content, this.foundBytes)
  }

  /**
   * Runs work on the content through a handle of its own, since the follower may close the file at any time. False
   * when the file cannot be opened any more.
   */
  async withOwnContent(work: (content: Content) => Promise<void>): Promise<boolean> {
    const own = await this.openByPath().catch(() => undefined)
    // Deleted or moved out of sight: only the handle that is open still leads to it.
    const handle = own ?? this.handle
    if (handle === undefined) return false
    try {
      const content = await openContent(handle)
      try {
        await work(content)
      } finally {
        await content.close()
      }
    } finally {
      await own?.close()
    }
    return true
  }

  /** Nothing more is to be had from it now. */
  async reachEnd(): Promise<void> {
    this.damage = this.content?.damage
    this.atEnd = true
    // What decompressing holds is not kept for a file that may never change again.
    if (this.isCompressed) await this.closeContent()
  }

  async closeContent(): Promise<void> {
    const { content } = this
    this.content = undefined
    await content?.close()
  }

  async close(): Promise<void> {
    // Taken before anything is waited for: who opens the file meanwhile must not get what is about to be closed.
    const { content, handle } = this
    this.content = undefined
    this.handle = undefined
    await content?.close()
    await handle?.close()
  }

  private async openByPath(): Promise<FileHandle> {
    const handle = await openFile(this.path)
    const { dev, ino } = await handle.stat({ bigint: true })
    if (`${dev}:${ino}` === this.fileKey) return handle
    await handle.close()
    throw new FileGoneError(`${this.path} is another file now`)
  }
}
