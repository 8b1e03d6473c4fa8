import { createHash } from 'node:crypto'
import type { Chunk } from '../ledger/chunks.js'
import { type Content, withContent } from '../reader/content.js'

/** A line as it stands in a file whose bytes are what the ledger recorded. */
export interface LineInFile {
  readonly path: string
  /** Of the line's first byte in the (decompressed) content. */
  readonly offset: number
  /** Place among the lines of its chunk, from 0. */
  readonly index: number
  /** Without its newline. */
  readonly bytes: number
  /** Its first maxRawBytes. */
  readonly raw: Buffer
}

export type LineReading =
  | LineInFile
  /** It is in none of the files, and why of each. */
  | { readonly attempts: ReadonlyArray<{ readonly path: string; readonly reason: string }> }

/** Of a longer line only so much is shown; no row is made of longer ones either. */
const maxRawBytes = 65_536
const pieceBytes = 1 << 20
const newline = 0x0a

/**
 * Reads the line of a chunk that a byte belongs to, or the one at a place, from the first of the files that has the
 * chunk's content as it was recorded.
 */
export async function readRecordedLine(
  paths: readonly string[],
  chunk: Chunk,
  wanted: { readonly offset: number } | { readonly index: number },
): Promise<LineReading> {
  const attempts: Array<{ path: string; reason: string }> = []
  for (const path of paths) {
    try {
      const found = await withContent(path, (content) => readLine(content, chunk, wanted))
      if (typeof found !== 'string') return { path, ...found }
      attempts.push({ path, reason: found })
    } catch (error) {
      attempts.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { attempts }
}

/** The line, or why it is not there. */
async function readLine(
  content: Content,
  chunk: Chunk,
  wanted: { readonly offset: number } | { readonly index: number },
): Promise<Omit<LineInFile, 'path'> | string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, chunk.end - chunk.start))
  let start = chunk.start
  let end: number | undefined
  let index = 0
  // The newline of a line that was taken before it was written ends that line; it is none of its own.
  let endsLineBefore = !(await startsOnLine(content, chunk.start))
  for (let at = chunk.start; at < chunk.end; ) {
    const read = await content.read(buffer, 0, Math.min(buffer.length, chunk.end - at), at)
    if (read === 0) return `it ends at byte ${at}, within the chunk`
    const piece = buffer.subarray(0, read)
    hash.update(piece)
    for (let from = 0; end === undefined; ) {
      const found = piece.indexOf(newline, from)
      if (found === -1) break
      from = found + 1
      if (endsLineBefore && at + found === chunk.start) start = chunk.start + 1
      else if ('offset' in wanted ? at + found >= wanted.offset : index === wanted.index) end = at + found
      else {
        start = at + from
        index++
      }
      endsLineBefore = false
    }
    at += read
  }
  if (!hash.digest().equals(chunk.contentSha256)) return 'its content is not what was recorded'
  const bytes = (end ?? chunk.end) - start
  const raw = Buffer.alloc(Math.min(bytes, maxRawBytes))
  await content.read(raw, 0, raw.length, start)
  return { offset: start, index, bytes, raw }
}

async function startsOnLine(content: Content, start: number): Promise<boolean> {
  if (start === 0) return true
  const before = Buffer.alloc(1)
  await content.read(before, 0, 1, start - 1)
  return before[0] === newline
}
