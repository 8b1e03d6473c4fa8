import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createGunzip, type Gunzip } from 'node:zlib'

/**
 * The content of a log file, decompressed where the file is gzip: what offsets, hashes and identity refer to.
 * Reads at any offset; for gzip, going back starts again from the beginning.
 */
export interface Content {
  readonly compressed: boolean
  /** Fills buffer[at, until) from offset on, as far as content is there; 0 at the end. */
  read(buffer: Buffer, at: number, until: number, offset: number): Promise<number>
  /** Why the content ends before the file does, once that was seen: damaged or unfinished gzip. */
  readonly damage: string | undefined
  /** Called for every piece of the file: one read of a compressed file may take all of it, and is no hang. */
  onPiece?: (() => void) | undefined
  /** Releases what reading holds, not the file handle. */
  close(): Promise<void>
}

const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08])

/** The path leads to something other than a regular file: reading it might never end. */
export class NotAFileError extends Error {
  override readonly name = 'NotAFileError'
}

/** Opens a regular file for reading. Whatever took its place meanwhile is refused: a pipe would block the thread. */
export async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new NotAFileError(`${path} is not a regular file`)
}

/** Whether these are all bytes of a file so far, and it may yet become gzip. */
export function mayBecomeGzip(head: Buffer): boolean {
  return head.length < gzipMagic.length && head.equals(gzipMagic.subarray(0, head.length))
}

export async function openContent(handle: FileHandle): Promise<Content> {
  const magic = Buffer.alloc(3)
  const { bytesRead } = await handle.read(magic, 0, 3, 0)
  return bytesRead === 3 && magic.equals(gzipMagic) ? new GzipContent(handle) : new PlainContent(handle)
}

/** Opens a file, runs work on its content, and closes both. */
export async function withContent<T>(path: string, work: (content: Content) => Promise<T>): Promise<T> {
  const handle = await openFile(path)
  try {
    const content = await openContent(handle)
    try {
      return await work(content)
    } finally {
      await content.close()
    }
  } finally {
    await handle.close()
  }
}

class PlainContent implements Content {
  readonly compressed = false
  readonly damage = undefined
  onPiece: (() => void) | undefined

  constructor(private readonly handle: FileHandle) {}

  async read(buffer: Buffer, at: number, until: number, offset: number): Promise<number> {
    let filled = at
    while (filled < until) {
      const { bytesRead } = await this.handle.read(buffer, filled, until - filled, offset + filled - at)
      if (bytesRead === 0) break
      filled += bytesRead
      this.onPiece?.()
    }
    return filled - at
  }

  async close(): Promise<void> {}
}

/** Compressed bytes given to zlib at a time: what they can expand to, a thousandfold at most, is in memory at once. */
const inputBytes = 16 * 1024
/** Decompressed bytes that zlib hands out at a time: of corrupt bytes, so many before the damage can be lost. */
const outputBytes = 64 * 1024
/**
 * Decompressed bytes kept behind the newest: a chunk ends before the bytes that were read for it do, and the next one
 * begins there. Less than a block, and every chunk would decompress the file from its beginning.
 */
const keptBytes = 2 * 1024 * 1024

class GzipContent implements Content {
  readonly compressed = true
  damage: string | undefined
  onPiece: (() => void) | undefined
  private gunzip: Gunzip | undefined
  private fileOffset = 0
  /** Consecutive pieces of the content, those of the last keptBytes and what came after them. */
  private pieces: Buffer[] = []
  private piecesStart = 0
  private piecesEnd = 0
  private ended = false

  constructor(private readonly handle: FileHandle) {}

  async read(buffer: Buffer, at: number, until: number, offset: number): Promise<number> {
    if (this.gunzip === undefined || offset < this.piecesStart) await this.restart()
    let filled = at
    while (filled < until) {
      const wanted = offset + filled - at
      if (wanted < this.piecesEnd) filled += this.copy(buffer, filled, until, wanted)
      else if (!(await this.advance())) break
    }
    return filled - at
  }

  async close(): Promise<void> {
    this.gunzip?.destroy()
    this.gunzip = undefined
    this.pieces = []
  }

  private copy(buffer: Buffer, at: number, until: number, offset: number): number {
    let pieceStart = this.piecesEnd
    for (let i = this.pieces.length - 1; i >= 0; i--) {
      const piece = this.pieces[i]!
      pieceStart -= piece.length
      if (offset >= pieceStart)
        return piece.copy(buffer, at, offset - pieceStart, offset - pieceStart + until - at)
    }
    throw new RangeError(`offset ${offset} is not in hand`)
  }

  private async restart(): Promise<void> {
    await this.close()
    this.damage = undefined
    this.fileOffset = 0
    this.piecesStart = 0
    this.piecesEnd = 0
    this.ended = false
    const gunzip = createGunzip({ chunkSize: outputBytes })
    // Taken at once and never paused: when zlib fails, what it had handed out and nobody had taken is lost.
    gunzip.on('data', (piece: Buffer) => {
      this.pieces.push(piece)
      this.piecesEnd += piece.length
    })
    gunzip.on('error', (error) => {
      // What came before was delivered; whether more will come, the file's next change tells.
      this.damage = error.message
    })
    this.gunzip = gunzip
  }

  /** Decompresses some more; false at the end, which may be one by damage. */
  private async advance(): Promise<boolean> {
    const { gunzip } = this
    while (gunzip !== undefined && !this.ended) {
      const before = this.piecesEnd
      const input = Buffer.allocUnsafe(inputBytes)
      const { bytesRead } = await this.handle.read(input, 0, inputBytes, this.fileOffset)
      this.fileOffset += bytesRead
      this.onPiece?.()
      this.ended = await give(gunzip, input.subarray(0, bytesRead))
      if (this.piecesEnd > before) {
        this.forget(before)
        return true
      }
    }
    return false
  }

  /** Drops the pieces that lie further back from `offset` than a step back goes. */
  private forget(offset: number): void {
    let dropped = 0
    while (this.piecesStart + this.pieces[dropped]!.length <= offset - keptBytes) {
      this.piecesStart += this.pieces[dropped]!.length
      dropped++
    }
    this.pieces.splice(0, dropped)
  }
}

/** Lets zlib work through some input, or to its end without any; resolves to whether nothing more will come. */
function give(gunzip: Gunzip, input: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const over = () => settle(true)
    function settle(isOver: boolean): void {
      gunzip.off('end', over).off('close', over)
      resolve(isOver)
    }
    // Padding after the last member ends the stream without the write's callback; damage destroys it.
    gunzip.once('end', over).once('close', over)
    if (gunzip.destroyed || gunzip.readableEnded) over()
    else if (input.length === 0) gunzip.end()
    else gunzip.write(input, (error) => settle(error != null))
  })
}
