import { createHash } from 'node:crypto'
import type { Chunk } from '../ledger/chunks.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { type Content, withContent } from '../reader/content.js'
import { cutAgain } from '../reader/cut-again.js'
import { CutScratch } from '../reader/cut-scratch.js'
import { visitLines } from '../streams/batch-body.js'

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

/** A byte of the line, or its place among the lines of its chunk, from 0. */
export type WantedLine = { readonly offset: number } | { readonly index: number }

/** How the reader puts lines together to records. */
export interface RecordReading {
  readonly registry: LogTypeRegistry
  readonly maxLineBytes: number
}

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
  wanted: WantedLine,
  records: RecordReading,
): Promise<LineReading> {
  const attempts: Array<{ path: string; reason: string }> = []
  for (const path of paths) {
    try {
      const found = await withContent(
        path,
        async (content) =>
          (await readRecord(content, chunk, wanted, records)) ?? (await readLine(content, chunk, wanted)),
      )
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
  wanted: WantedLine,
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

/**
 * The same where a line may be a record of several: the chunk is cut again. Undefined where no type has such records,
 * or the chunk was recorded by other declarations: they can have been added since.
 */
async function readRecord(
  content: Content,
  chunk: Chunk,
  wanted: WantedLine,
  { registry, maxLineBytes }: RecordReading,
): Promise<Omit<LineInFile, 'path'> | undefined> {
  if (registry.types.every(({ multiline }) => multiline === undefined)) return undefined
  const limits = { lines: chunk.lines, bytes: chunk.end - chunk.start, maxLineBytes }
  const cut = await cutAgain(content, chunk, limits, registry, new CutScratch(maxLineBytes))
  if (cut === undefined || cut.lines !== chunk.lines) return undefined
  const lines = [...cut.bodies.values()].flatMap(({ body }) => {
    const ofBody: Omit<LineInFile, 'path' | 'index'>[] = []
    visitLines(body, (start, end, relative, bytes) => {
      const raw = body.subarray(start, Math.min(end, start + maxRawBytes))
      ofBody.push({ offset: chunk.start + relative, bytes, raw })
    })
    return ofBody
  })
  lines.sort((a, b) => a.offset - b.offset)
  const after =
    'offset' in wanted ? lines.findIndex(({ offset }) => offset > wanted.offset) : wanted.index + 1
  const index = (after === -1 ? lines.length : after) - 1
  const line = lines[Math.max(0, index)]
  return line === undefined ? undefined : { ...line, index: Math.max(0, index), raw: Buffer.from(line.raw) }
}

async function startsOnLine(content: Content, start: number): Promise<boolean> {
  if (start === 0) return true
  const before = Buffer.alloc(1)
  await content.read(before, 0, 1, start - 1)
  return before[0] === newline
}
