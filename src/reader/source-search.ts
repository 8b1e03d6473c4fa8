import type pg from 'pg'
import { type Chunk, selectChunksFrom } from '../ledger/chunks.js'
import { selectPathsOfSource } from '../ledger/files.js'
import { createSource, type Source, selectCandidates, selectHeadLengths } from '../ledger/sources.js'
import { findNewline } from './chunk-cutter.js'
import type { Content } from './content.js'
import { fingerprintHead, isBeginningOfChunk, matchChunk } from './identity.js'

export interface SearchRequest {
  readonly path: string
  /** What the content begins with (identity.ts); not empty. */
  readonly head: Buffer
  /** Uuids of sources that the content was seen to differ from. */
  readonly excluded: ReadonlySet<string>
  /** No more of the content is to come. */
  readonly final: boolean
}

export type SearchResult =
  /** It is this source's content up to matchedBytes; a new source's up to 0. */
  | { readonly outcome: 'found'; readonly source: Source; readonly matchedBytes: number }
  /** Only more of the content can tell. */
  | { readonly outcome: 'wait' }
  /** Somebody created a source with this head meanwhile: search again. */
  | { readonly outcome: 'again' }

/**
 * Finds the source that a content is, or creates one. Of the sources that begin alike it is the one that shares most
 * with it, provided that nothing that the source has recorded differs.
 */
export async function searchSource(
  pool: pg.Pool,
  content: Content,
  { path, head, excluded, final }: SearchRequest,
  scratch: Buffer,
): Promise<SearchResult> {
  const heads = fingerprintHead(head, await selectHeadLengths(pool))
  const candidates = await selectCandidates(pool, heads)
  let best: { source: Source; matchedBytes: number } | undefined
  for (const source of candidates) {
    if (excluded.has(source.uuid)) continue
    const matched = await compareWithSource(pool, content, source, final, scratch)
    if (matched === 'undecided') return { outcome: 'wait' }
    if (matched !== 'different' && (best === undefined || matched > best.matchedBytes)) {
      best = { source, matchedBytes: matched }
    }
  }
  if (best !== undefined) return { outcome: 'found', ...best }

  // A source begins with a line: before there is one, another file could still turn out to begin alike.
  if (!final && (await findNewline(content, 0, scratch)) === -1) return { outcome: 'wait' }
  const fingerprint = heads.find((one) => one.bytes === head.length)!
  const seen = new Set([...excluded, ...candidates.map((candidate) => candidate.uuid)])
  const created = await createSource(pool, path, heads, fingerprint, seen)
  return created === undefined ? { outcome: 'again' } : { outcome: 'found', source: created, matchedBytes: 0 }
}

/** How far the content is the source's: up to the end of the last chunk that matches, as long as nothing differs. */
async function compareWithSource(
  pool: pg.Pool,
  content: Content,
  source: Source,
  final: boolean,
  scratch: Buffer,
): Promise<number | 'undecided' | 'different'> {
  let matched = 0
  for (;;) {
    const chunks = await selectChunksFrom(pool, source.uuid, matched, 100)
    if (chunks.length === 0) return matched
    for (const chunk of chunks) {
      const match = await matchChunk(content, chunk, scratch)
      if (match === 'different') return 'different'
      if (match === 'shorter') return judgeShorter(pool, content, chunk, final)
      matched = chunk.end
    }
  }
}

/**
 * The content ends within this chunk, whose hash cannot tell whether it is the chunk's so far; the original can, if it
 * is still there. 'undecided': it may still be growing.
 */
export async function judgeShorter(
  pool: pg.Pool,
  content: Content,
  chunk: Chunk,
  final: boolean,
): Promise<number | 'undecided' | 'different'> {
  if ((await content.read(Buffer.alloc(1), 0, 1, chunk.start)) === 0) return chunk.start
  const paths = await selectPathsOfSource(pool, chunk.sourceId)
  if (await isBeginningOfChunk(content, chunk, paths)) return chunk.start
  return final ? 'different' : 'undecided'
}
