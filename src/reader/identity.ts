import { createHash } from 'node:crypto'
import type { Chunk } from '../ledger/chunks.js'
import type { HeadFingerprint } from '../ledger/sources.js'
import { type Content, withContent } from './content.js'

/** A head is the first kibibyte, or all of a smaller file at the time it became a source. */
export const headBytes = 1024

const blockBytes = 1024 * 1024

export async function readHead(content: Content): Promise<Buffer> {
  const head = Buffer.alloc(headBytes)
  return head.subarray(0, await content.read(head, 0, headBytes, 0))
}

/** Fingerprints of a head at each length that sources were fingerprinted with, as far as it reaches. */
export function fingerprintHead(head: Buffer, lengths: readonly number[]): HeadFingerprint[] {
  return [...new Set([...lengths, head.length])]
    .filter((bytes) => bytes > 0 && bytes <= head.length)
    .map((bytes) => ({ bytes, sha256: createHash('sha256').update(head.subarray(0, bytes)).digest() }))
}

export type ChunkMatch = 'same' | 'different' | 'shorter'

/** Compares a range of the content with a recorded chunk; 'shorter': the content ends inside the range. */
export async function matchChunk(content: Content, chunk: Chunk, scratch: Buffer): Promise<ChunkMatch> {
  const hash = createHash('sha256')
  let at = chunk.start
  while (at < chunk.end) {
    const read = await content.read(scratch, 0, Math.min(blockBytes, chunk.end - at), at)
    if (read === 0) return 'shorter'
    hash.update(scratch.subarray(0, read))
    at += read
  }
  return hash.digest().equals(chunk.contentSha256) ? 'same' : 'different'
}

/**
 * Whether the content, which ends within this chunk, is what the chunk has so far. Needed where a copy is shorter than
 * its original: the chunk's hash cannot tell, but a file at one of these paths can if it still has all of the chunk,
 * which the content's own file has not. Paths that cannot be read prove nothing.
 */
export async function isBeginningOfChunk(
  content: Content,
  chunk: Chunk,
  paths: readonly string[],
): Promise<boolean> {
  const ours = Buffer.allocUnsafe(blockBytes)
  const theirs = Buffer.allocUnsafe(blockBytes)
  for (const path of paths) {
    try {
      const same = await withContent(path, async (other) => {
        let at = chunk.start
        for (;;) {
          const read = await content.read(ours, 0, Math.min(blockBytes, chunk.end - at), at)
          if (read === 0) return (await matchChunk(other, chunk, theirs)) === 'same'
          const otherRead = await other.read(theirs, 0, read, at)
          if (otherRead < read || !ours.subarray(0, read).equals(theirs.subarray(0, read))) return false
          at += read
        }
      })
      if (same) return true
    } catch {
      // Gone or unreadable: not a proof.
    }
  }
  return false
}

/** Whether there is a file at the path that begins as the content does, as far as both reach. */
export async function beginsLike(content: Content, path: string): Promise<boolean> {
  const ours = await readHead(content)
  try {
    const theirs = await withContent(path, readHead)
    const common = Math.min(ours.length, theirs.length)
    return common > 0 && ours.subarray(0, common).equals(theirs.subarray(0, common))
  } catch {
    // Gone or unreadable: not this content's any more.
    return false
  }
}
