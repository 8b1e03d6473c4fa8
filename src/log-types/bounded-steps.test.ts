import { describe, expect, it } from 'vitest'
import { CopyWriter } from '../postgres/copy-writer.js'
import { WHOLE_CATALOGUE } from './declaration/catalogue.js'
import { MAX_SEARCHED_BYTES } from './detection/contains-index.js'
import { LineSource, SLACK_BYTES } from './line/line-source.js'
import { loadLogTypesFrom } from './registry.js'
import { loadAllSamples } from './samples/load-samples.js'

/**
 * A file of its own: once bytes were read that count it, all code that reads bytes is slower for the rest of the process.
 */
const directory = new URL('../../config/log-types', import.meta.url).pathname
const loaded = await loadLogTypesFrom({ directory, catalogue: [WHOLE_CATALOGUE] })
const { registry } = loaded
const samples = await loadAllSamples(loaded)
const out = { timestampMs: 0 }

/** As long as lines get. */
const LONGEST_BYTES = 65_000
/** Counting is slow. At this length a second look at the whole line, or a second copy of it, breaks every bound below. */
const COUNTED_BYTES = 28_000

const FILLS = [
  ' ',
  '|',
  '=',
  ':',
  '|a=',
  '=|',
  ' from ',
  ' IN ',
  ' port ',
  ' ssh2',
  '"',
  '\\',
  '\x01',
  '9',
  '1:',
  ': ',
  '(',
]

const isDigit = (code: number) => code >= 0x30 && code <= 0x39
const withSlack = (line: Buffer) => Buffer.concat([line, Buffer.alloc(SLACK_BYTES)])

/** A line whose bytes count how often they are read; a word counts as one. */
function counted(line: Buffer): { source: LineSource; reads: () => number } {
  let reads = 0
  const bytes = new Proxy(withSlack(line), {
    get(target, property) {
      if (typeof property === 'string' && isDigit(property.charCodeAt(0))) {
        reads++
        return target[Number(property)]
      }
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const source = new LineSource(bytes, false)
  Object.assign(source.view, {
    getInt32(at: number, littleEndian?: boolean): number {
      reads++
      return DataView.prototype.getInt32.call(source.view, at, littleEndian)
    },
  })
  return { source, reads: () => reads }
}

describe.each(registry.types.map((type) => [type.name, type] as const))('%s', (name, type) => {
  const own = samples.find(({ logType }) => logType === name)?.samples ?? []
  const first = own.find(({ expectation }) => expectation.kind === 'row')!.line.toString()

  /** A row holds the line's bytes once; only undeclared fields grow, up to their bound. */
  function expectBoundedRow(source: LineSource, length: number): void {
    const writer = new CopyWriter()
    type.encodeLine(source, 0, length, writer, out)
    expect(writer.position).toBeLessThan(length + 16_384 + 1000)
  }

  it('makes a bounded number of steps on long hostile lines', () => {
    for (const fill of FILLS) {
      for (const at of [0, 24, first.length >> 1, first.length - 1, first.length]) {
        const filledWith = (bytes: number) =>
          Buffer.from(first.slice(0, at) + fill.repeat(Math.floor(bytes / fill.length)) + first.slice(at))
        const line = filledWith(COUNTED_BYTES)
        const toClassify = counted(line)
        registry.classify(toClassify.source.bytes, 0, line.length)
        // Texts of `contains` are searched up to their bound; structured data of RFC 5424 to its end.
        expect(toClassify.reads()).toBeLessThan(line.length + MAX_SEARCHED_BYTES + 10_000)
        const toEncode = counted(line)
        expectBoundedRow(toEncode.source, line.length)
        expect(toEncode.reads()).toBeGreaterThanOrEqual(Math.floor(line.length / 4))
        expect(toEncode.reads()).toBeLessThan(8 * line.length)

        const longest = filledWith(LONGEST_BYTES)
        registry.classify(longest, 0, longest.length)
        expectBoundedRow(new LineSource(withSlack(longest), false), longest.length)
      }
    }
  })
})

describe('key-value types', () => {
  it('bound the steps for undeclared keys of the same length and beginning', () => {
    const keys = Array.from({ length: 64 }, (_, index) => `|${'k'.repeat(200)}${index + 10}=`)
    const line = '2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=TCP'
    const text = `${line}${keys.join('')}`
    const { source, reads } = counted(Buffer.from(text))
    const writer = new CopyWriter()
    expect(registry.byName('firewall')!.encodeLine(source, 0, text.length, writer, out)).toBeUndefined()
    expect(reads()).toBeLessThan(8 * text.length)
  })
})
