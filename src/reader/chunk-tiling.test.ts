import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../load/generate/random.js'
import { withContentOf } from '../../load/test/content-of.js'
import {
  type CutLine,
  digestsOf,
  firstByteRegistry,
  linesOf,
  randomLimits,
} from '../../load/test/cut-lines.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { CutChunk, CutLimits } from './chunk-builder.js'
import { cutChunk } from './chunk-cutter.js'
import type { Content } from './content.js'
import { CutScratch } from './cut-scratch.js'

let registry: LogTypeRegistry
beforeAll(async () => {
  registry = await firstByteRegistry()
})

/** Lines of every length around the limits, many of them empty, some larger than a block. */
function randomText(random: Random, maxLineBytes: number): string {
  const lengths = [
    () => 0,
    () => random.below(5),
    () => random.below(200),
    () => maxLineBytes + random.below(3) - 1,
    () => 1024 * 1024 - random.below(2 * maxLineBytes),
    () => 1024 * 1024 + random.below(1024 * 1024),
  ]
  const lines = Array.from({ length: random.below(60) }, () => {
    const length = lengths[random.chance(0.03) ? random.pick([4, 5]) : random.below(4)]!()
    return random
      .pick(['f', 'd', 'a', 'x', '\r'])
      .padEnd(length, random.pick(['.', 'é', '\r']))
      .slice(0, length)
  })
  return lines.join('\n') + (random.chance(0.5) ? '\n' : '')
}

/** What a chunk cutter has to find, found the simple way. */
function splitNaively(text: string, maxLineBytes: number): Omit<CutLine, 'logType'>[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  let offset = 0
  return lines.map((line) => {
    const found = { offset, text: line.slice(0, maxLineBytes), fullBytes: line.length }
    offset += line.length + 1
    return found
  })
}

/** Cuts all of the content as a follower does. */
async function cutAll(
  content: Content,
  random: Random,
  limits: () => CutLimits,
  text: string,
): Promise<CutChunk[]> {
  const chunks: CutChunk[] = []
  let start = 0
  for (;;) {
    const request = {
      start,
      startsOnLine: start === 0 || text[start - 1] === '\n',
      takePartial: random.chance(0.5),
    }
    const now = limits()
    const scratch = new CutScratch(now.maxLineBytes)
    const chunk =
      (await cutChunk(content, request, now, registry, scratch)) ??
      (await cutChunk(content, { ...request, takePartial: true }, now, registry, scratch))
    if (chunk === undefined) return chunks
    chunks.push(chunk)
    start = chunk.end
  }
}

describe('chunks cut one after the other', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'tile random content, seed %i',
    async (seed) => {
      const random = createRandom(seed)
      const maxLineBytes = 256 + random.below(300)
      const text = randomText(random, maxLineBytes)
      const limits = () => randomLimits(random, maxLineBytes)
      await withContentOf(Buffer.from(text, 'latin1'), async (content) => {
        const chunks = await cutAll(content, random, limits, text)
        expect(chunks.map(({ start }) => start)).toEqual(
          [0, ...chunks.map(({ end }) => end)].slice(0, chunks.length),
        )
        expect(chunks.at(-1)?.end ?? 0).toBe(text.length)
        const found = chunks.flatMap(linesOf).map(({ logType: _, ...line }) => line)
        expect(found).toEqual(splitNaively(text, maxLineBytes))
        for (const chunk of chunks) {
          const range = text.slice(chunk.start, chunk.end)
          expect(chunk.contentSha256).toEqual(createHash('sha256').update(range, 'latin1').digest())
          expect(chunk.tail.toString('latin1')).toBe(range.slice(-256))
          expect(chunk.lines).toBe(linesOf(chunk).length)
          const startsOnLine = chunk.start === 0 || text[chunk.start - 1] === '\n'
          const again = { start: chunk.start, end: chunk.end, startsOnLine, takePartial: false }
          const cutAgain = await cutChunk(content, again, limits(), registry, new CutScratch(maxLineBytes))
          expect(digestsOf(cutAgain)).toEqual(digestsOf(chunk))
        }
      })
    },
  )
})
