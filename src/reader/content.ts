import { type FileHandle, open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

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
  /** Releases what reading holds, not the file handle. */
  close(): Promise<void>
}

const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08])

export async function openContent(handle: FileHandle): Promise<Content> {
  const magic = Buffer.alloc(3)
  const { bytesRead } = await handle.read(magic, 0, 3, 0)
  return bytesRead === 3 && magic.equals(gzipMagic) ? new GzipContent(handle) : new PlainContent(handle)
}

/** Opens a file, runs work on its content, and closes both. */
export async function withContent<T>(path: string, work: (content: Content) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r')
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

  constructor(private readonly handle: FileHandle) {}

  async read(buffer: Buffer, at: number, until: number, offset: number): Promise<number> {
    let filled = at
    while (filled < until) {
      const { bytesRead } = await this.handle.read(buffer, filled, until - filled, offset + filled - at)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return filled - at
  }

  async close(): Promise<void> {}
}

class GzipContent implements Content {
  readonly compressed = true
  damage: string | undefined
  private pieces: AsyncIterator<Buffer> | undefined
  private stop: (() => void) | undefined
  /** The piece in hand and the one before it: a small step back needs no new start. */
  private previous = Buffer.alloc(0)
  private piece = Buffer.alloc(0)
  private pieceOffset = 0

  constructor(private readonly handle: FileHandle) {}

  async read(buffer: Buffer, at: number, until: number, offset: number): Promise<number> {
    if (this.pieces === undefined || offset < this.pieceOffset - this.previous.length) await this.restart()
    let filled = at
    while (filled < until) {
      const wanted = offset + filled - at
      if (wanted < this.pieceOffset) {
        const from = this.previous.length - (this.pieceOffset - wanted)
        filled += this.previous.copy(buffer, filled, from, from + (until - filled))
      } else if (wanted < this.pieceOffset + this.piece.length) {
        const from = wanted - this.pieceOffset
        filled += this.piece.copy(buffer, filled, from, from + (until - filled))
      } else if (!(await this.advance())) {
        break
      }
    }
    return filled - at
  }

  async close(): Promise<void> {
    this.stop?.()
    this.pieces = undefined
    this.stop = undefined
  }

  private async restart(): Promise<void> {
    await this.close()
    const file = this.handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 })
    const gunzip = createGunzip({ chunkSize: 256 * 1024 })
    file.on('error', (error) => gunzip.destroy(error))
    file.pipe(gunzip)
    this.stop = () => {
      file.unpipe(gunzip)
      file.destroy()
      gunzip.destroy()
    }
    this.pieces = gunzip[Symbol.asyncIterator]()
    this.damage = undefined
    this.previous = Buffer.alloc(0)
    this.piece = Buffer.alloc(0)
    this.pieceOffset = 0
  }

  private async advance(): Promise<boolean> {
    try {
      const next = await this.pieces?.next()
      if (next === undefined || next.done === true) return false
      this.previous = this.piece as Buffer<ArrayBuffer>
      this.pieceOffset += this.piece.length
      this.piece = next.value as Buffer<ArrayBuffer>
      return true
    } catch (error) {
      // Everything before the damage was delivered; whether more will come, the file's next change tells.
      this.damage = error instanceof Error ? error.message : String(error)
      return false
    }
  }
}
