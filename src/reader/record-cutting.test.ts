import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../load/generate/random.js'
import { withContentOf } from '../../load/test/content-of.js'
import { digestsOf, firstByteRegistry, linesOf, randomLimits } from '../../load/test/cut-lines.js'
import { Multiline } from '../log-types/line/multiline.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { CutChunk, CutLimits, CutRequest } from './chunk-builder.js'
import { cutChunk } from './chunk-cutter.js'
import type { Content } from './content.js'
import { CutScratch } from './cut-scratch.js'

const MAX_LINES = 5
const MAX_BYTES = 400
const generous: CutLimits = { lines: 1e6, bytes: 1e9, maxLineBytes: 300 }

/** Lines that begin with f are claimed by a type with records, with d or a by others; with S a record may begin. */
let registry: LogTypeRegistry
beforeAll(async () => {
  const declared = await firstByteRegistry()
  const multiline = new Multiline({ start: 'S', maxLines: MAX_LINES, maxBytes: MAX_BYTES })
  const types = declared.types.map((type) =>
    type.name === 'firewall' ? Object.assign(Object.create(type), { multiline }) : type,
  )
  registry = { ...declared, types }
})

function cutOf(content: Content, request: Partial<CutRequest> = {}, limits: Partial<CutLimits> = {}) {
  const all = { ...generous, ...limits }
  const whole = { start: 0, startsOnLine: true, takePartial: false, ...request }
  return cutChunk(content, whole, all, registry, new CutScratch(all.maxLineBytes))
}

const cut = (text: string, request?: Partial<CutRequest>, limits?: Partial<CutLimits>) =>
  withContentOf(Buffer.from(text, 'latin1'), (content) => cutOf(content, request, limits))

const texts = (chunk: CutChunk | undefined) => chunk && linesOf(chunk).map(({ text }) => text)
const ended = { takePartial: true, takeRecord: true }

describe('a record of several lines', () => {
  it('has the lines behind its first that no type claims, up to one that is claimed or may begin a record', async () => {
    const text = 'x0\nf1\n x\n\n\tat y\r\nd2\nx3\nf4\nx5\nSx6\nx7\nf8\nf9\nx\n'
    expect(texts(await cut(text, ended))).toEqual([
      'x0',
      'f1\n x\n\n\tat y\r',
      'd2',
      'x3',
      'f4\nx5',
      'Sx6',
      'x7',
      'f8',
      'f9\nx',
    ])
    expect((await cut(text, ended))?.lines).toBe(9)
  })

  it('is one line of its batch, at the offset of its first', async () => {
    const chunk = await cut('d\nf1\nx2\nd3\n', ended)
    expect(linesOf(chunk!)[1]).toEqual({ offset: 2, text: 'f1\nx2', fullBytes: 5, logType: 'firewall' })
    expect(chunk!.bodies.get('firewall')?.lines).toBe(1)
  })

  it('waits for its end, and the lines before it do not', async () => {
    const waiting = await cut('d1\nf2\nx3\n')
    expect([waiting?.end, texts(waiting)]).toEqual([3, ['d1']])
    expect(await cut('f2\nx3\n')).toBeUndefined()
    expect(await cut('f2\nx3\nx', { takeRecord: true })).toBeUndefined()
    expect(texts(await cut('f2\nx3\nx', ended))).toEqual(['f2\nx3\nx'])
    expect(texts(await cut('f2\nx3\nd', { takePartial: true }))).toBeUndefined()
    expect(texts(await cut('f2\nx3\nd4\n'))).toEqual(['f2\nx3', 'd4'])
  })

  it('has no more lines or bytes than the type allows; what comes then belongs to no record', async () => {
    const many = ['f', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6']
    expect(texts(await cut(`${many.join('\n')}\n`, ended))).toEqual([many.slice(0, 5).join('\n'), 'x5', 'x6'])
    // Not longer than a line may be: 300 bytes.
    const long = ['f', 'x'.repeat(297), 'x']
    expect(texts(await cut(`${long.join('\n')}\n`, ended))).toEqual([long.slice(0, 2).join('\n'), 'x'])
    const oversize = await cut(`f\n${'x'.repeat(2_000)}\nf\nx\n`, ended)
    expect(texts(oversize)).toEqual(['f', 'x'.repeat(300), 'f\nx'])
  })

  it('is not divided between chunks', async () => {
    const text = 'f1\nx2\nx3\nf4\nx5\nd6\n'
    for (const limits of [{ lines: 1 }, { bytes: 1 }, { bytes: 5 }]) {
      const first = await cut(text, ended, limits)
      expect([first?.end, texts(first)]).toEqual([9, ['f1\nx2\nx3']])
      expect(texts(await cut(text, { ...ended, start: 9 }, limits))).toEqual(['f4\nx5'])
    }
  })

  it('does not wait behind damage, where nothing comes for a long time', async () => {
    await withContentOf('f1\nx2\nx', async (content) => {
      const damaged: Content = {
        compressed: true,
        damage: 'unexpected end',
        read: (...place) => content.read(...place),
        close: async () => {},
      }
      expect(texts(await cutOf(damaged, ended))).toEqual(['f1\nx2'])
    })
  })
})

interface NaiveRecord {
  offset: number
  text: string
}

/** What the cutter has to find, found the simple way. */
function recordsOf(text: string, maxLineBytes: number): NaiveRecord[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const records: NaiveRecord[] = []
  let open: { record: NaiveRecord; lines: number } | undefined
  let offset = 0
  for (const line of lines) {
    const isOversize = line.length > maxLineBytes
    const isClaimed = !isOversize && /^[fda]/.test(line.replace(/\r$/, ''))
    const isStart = line.startsWith('S')
    const end = offset + line.length
    const fits =
      open !== undefined &&
      open.lines < MAX_LINES &&
      end - open.record.offset <= Math.min(MAX_BYTES, maxLineBytes)
    if (open !== undefined && fits && !isClaimed && !isStart) {
      open.record.text += `\n${line}`
      open.lines++
    } else {
      const record = { offset, text: line.slice(0, maxLineBytes) }
      records.push(record)
      open = isClaimed && line.startsWith('f') ? { record, lines: 1 } : undefined
    }
    offset = end + 1
  }
  return records
}

function randomText(random: Random, maxLineBytes: number): string {
  const lines = Array.from({ length: 20 + random.below(60) }, () => {
    const lengths = [0, random.below(9), random.below(120), maxLineBytes + random.below(3) - 1]
    const length = random.chance(0.03) ? 1024 * 1024 - random.below(2000) : random.pick(lengths)
    return random
      .pick(['f', 'd', 'x', 'x', '\t', 'S'])
      .padEnd(length, random.pick(['.', '\r']))
      .slice(0, length)
  })
  return `${lines.join('\n')}\n`
}

describe('chunks with records, cut one after the other', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'have the records of random content, and the same when they are cut again, seed %i',
    async (seed) => {
      const random = createRandom(seed)
      const maxLineBytes = 256 + random.below(300)
      const text = randomText(random, maxLineBytes)
      const limits = () => randomLimits(random, maxLineBytes)
      await withContentOf(Buffer.from(text, 'latin1'), async (content) => {
        const chunks: CutChunk[] = []
        for (let start = 0; start < text.length; start = chunks.at(-1)!.end) {
          const now = limits()
          const chunk =
            (await cutOf(content, { start }, now)) ?? (await cutOf(content, { ...ended, start }, now))
          chunks.push(chunk!)
        }
        const found = chunks.flatMap(linesOf).map(({ offset, text: line }) => ({ offset, text: line }))
        expect(found).toEqual(recordsOf(text, maxLineBytes))
        for (const chunk of chunks) {
          const again = await cutOf(content, { start: chunk.start, end: chunk.end }, limits())
          expect(digestsOf(again)).toEqual(digestsOf(chunk))
        }
      })
    },
  )
})
