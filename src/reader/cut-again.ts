import type { Chunk } from '../ledger/chunks.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { CutChunk, CutLimits } from './chunk-builder.js'
import { cutChunk } from './chunk-cutter.js'
import type { Content } from './content.js'
import type { CutScratch } from './cut-scratch.js'

/**
 * Cuts a recorded chunk again, with its recorded boundaries and today's declarations. Undefined when the content does
 * not have there what was recorded.
 */
export async function cutAgain(
  content: Content,
  chunk: Chunk,
  limits: CutLimits,
  registry: LogTypeRegistry,
  scratch: CutScratch,
): Promise<CutChunk | undefined> {
  const before = Buffer.from('\n')
  if (chunk.start > 0) await content.read(before, 0, 1, chunk.start - 1)
  const cut = await cutChunk(
    content,
    { start: chunk.start, startsOnLine: before[0] === 0x0a, end: chunk.end, takePartial: false },
    limits,
    registry,
    scratch,
  )
  return cut !== undefined && cut.end === chunk.end && cut.contentSha256.equals(chunk.contentSha256)
    ? cut
    : undefined
}
