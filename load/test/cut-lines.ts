import { createHash } from 'node:crypto'
import type { LogTypeRegistry } from '../../src/log-types/log-type.js'
import { loadLogTypes } from '../../src/log-types/registry.js'
import type { CutChunk, CutLimits } from '../../src/reader/chunk-builder.js'
import { visitLines } from '../../src/streams/batch-body.js'
import type { Random } from '../generate/random.js'

/** The declared log types, which claim lines by their first byte: f firewall, d dns, a auth. */
export async function firstByteRegistry(): Promise<LogTypeRegistry> {
  const declared = await loadLogTypes('config/log-types')
  const names = declared.types.map((type) => type.name)
  return {
    ...declared,
    classify: (bytes, start) => names.findIndex((name) => name.charCodeAt(0) === bytes[start]),
  }
}

/** Limits of a chunk from a line up: of both kinds, and so that now the one comes first and now the other. */
export function randomLimits(random: Random, maxLineBytes: number): CutLimits {
  return {
    lines: 1 + random.below(random.pick([3, 100])),
    bytes: 1 + random.below(random.pick([100, 10_000, 4_000_000])),
    maxLineBytes,
  }
}

export interface CutLine {
  /** Byte offset in the file. */
  readonly offset: number
  readonly text: string
  readonly fullBytes: number
  readonly logType: string
}

/** The lines of a chunk's batches in the order of the file. */
export function linesOf(chunk: CutChunk): CutLine[] {
  const lines: CutLine[] = []
  for (const [logType, { body }] of chunk.bodies) {
    visitLines(body, (start, end, offset, fullBytes) => {
      lines.push({
        offset: chunk.start + offset,
        text: body.toString('latin1', start, end),
        fullBytes,
        logType,
      })
    })
  }
  return lines.sort((a, b) => a.offset - b.offset)
}

/** A chunk with digests in place of its batches: two chunks are the same if these are equal. */
export function digestsOf(chunk: CutChunk | undefined): unknown {
  if (chunk === undefined) return undefined
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  return {
    ...chunk,
    contentSha256: chunk.contentSha256.toString('hex'),
    bodies: [...chunk.bodies].map(([logType, { body, lines }]) => [logType, digest(body), lines]),
    tail: digest(chunk.tail),
  }
}
