import { describe, expect, it } from 'vitest'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTuple, tupleOffsets } from '../postgres/read-tuple.js'
import { WHOLE_CATALOGUE } from './declaration/catalogue.js'
import { Classifier } from './detection/classifier.js'
import { MAX_SEARCHED_BYTES } from './detection/contains-index.js'
import { findConflicts } from './detection/find-conflicts.js'
import { LineSource, SLACK_BYTES } from './line/line-source.js'
import { refusalReasons } from './line/refusal.js'
import type { LogType } from './log-type.js'
import { loadLogTypesFrom } from './registry.js'
import { checkSamples } from './samples/check-samples.js'
import { loadAllSamples } from './samples/load-samples.js'

const directory = new URL('../../config/log-types', import.meta.url).pathname
const loaded = await loadLogTypesFrom({ directory, catalogue: [WHOLE_CATALOGUE] })
const { registry } = loaded
/** Kept beside the declarations: a type that is added is held to all of this without a line of code. */
const samples = await loadAllSamples(loaded)
/** Each type as if there were no other. */
const alone = new Map(registry.types.map((type) => [type, new Classifier([type.detection])]))
const out = { timestampMs: 0 }

function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}

/**
 * What encodeLine makes of a line: the tuple's bytes, or the refusal. Checks what must hold of any line, also that the
 * short way of usual lines, which is taken where bytes follow the line, and the complete way agree.
 */
function encode(type: LogType, bytes: Buffer, start = 0, end = bytes.length): string {
  const complete = encodeFrom(type, bytes.subarray(0, end), start, end)
  const short = encodeFrom(type, Buffer.concat([bytes, Buffer.alloc(SLACK_BYTES, '9')]), start, end)
  if (complete !== short) throw new Error(`${complete} and ${short}`)
  return complete
}

function encodeFrom(type: LogType, bytes: Buffer, start: number, end: number): string {
  const writer = new CopyWriter(64)
  writer.beginTuple(type.columns.length + 1)
  out.timestampMs = Number.NaN
  const refusal = type.encodeLine(new LineSource(bytes, false), start, end, writer, out)
  if (refusal !== undefined) {
    if (!refusalReasons.includes(refusal.reason)) throw new Error(refusal.reason)
    return refusal.reason
  }
  const tuple = writer.take()
  const offsets = tupleOffsets(tuple)
  if (offsets.length !== 2 || readTuple(tuple, 0).length !== type.columns.length + 1) throw new Error('tuple')
  return `${tuple.toString('latin1')} ${out.timestampMs}`
}

/** A line whose bytes count how often they are read; a word counts as one. */
function counted(line: Buffer): { source: LineSource; reads: () => number } {
  let reads = 0
  const padded = Buffer.concat([line, Buffer.alloc(SLACK_BYTES)])
  const bytes = new Proxy(padded, {
    get(target, property) {
      if (typeof property === 'string' && property >= '0' && property <= '9~') reads++
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

function detect(type: LogType, bytes: Buffer, start: number, end: number): boolean {
  return alone.get(type)?.classify(bytes, start, end) === 0
}

describe.each(registry.types.map((type) => [type.name, type] as const))('%s', (name, type) => {
  const own = samples.find(({ logType }) => logType === name)?.samples ?? []
  const lines = own.filter(({ expectation }) => expectation.kind === 'row').map(({ line }) => line)

  it('has samples of rows and of refusals, and each gives what it says', () => {
    expect(lines.length).toBeGreaterThan(0)
    expect(own.some(({ expectation }) => expectation.kind === 'refused')).toBe(true)
    expect(checkSamples(registry, samples).flatMap(({ failures }) => failures)).toEqual([])
  })

  it('refuses NUL bytes and invalid UTF-8 before anything else', () => {
    for (const line of lines) {
      for (const [byte, reason] of [
        [0x00, 'nul_byte'],
        [0xff, 'invalid_utf8'],
      ] as const) {
        for (let at = 0; at < line.length; at += 7) {
          const changed = Buffer.from(line)
          changed[at] = byte
          expect(encode(type, changed)).toBe(reason)
        }
      }
    }
  })

  it('encodes clean text the same with and without the checks', () => {
    for (const line of lines) {
      const writer = new CopyWriter()
      writer.beginTuple(type.columns.length + 1)
      expect(type.encodeLine(new LineSource(line, true), 0, line.length, writer, out)).toBeUndefined()
      expect(`${writer.take().toString('latin1')} ${out.timestampMs}`).toBe(encode(type, line))
    }
  })

  it('reads nothing outside of the line, wherever it is cut', () => {
    for (const line of lines) {
      // All places of a line of usual length, and as many of a long one.
      const step = Math.ceil(line.length / 200)
      for (let start = 0; start < line.length; start += start < 40 ? step : 13 * step) {
        for (let end = start; end <= line.length; end += step) {
          const alone = Buffer.from(line.subarray(start, end))
          if (encode(type, line, start, end) !== encode(type, alone)) throw new Error(`${start} ${end}`)
          if (detect(type, line, start, end) !== detect(type, alone, 0, alone.length))
            throw new Error(`${start} ${end}`)
        }
      }
    }
  })

  it('never throws on 20,000 random and mutated lines', () => {
    const below = random(20_240_115)
    const tokens = [
      '|',
      '=',
      ' ',
      ' from ',
      ' IN ',
      '::',
      '"',
      '\\',
      '{}',
      'Z',
      '-',
      '9'.repeat(40),
      '\0',
      '\xff',
      '\xed\xa0\x80',
      'src=',
    ]
    let accepted = 0
    for (let round = 0; round < 20_000; round++) {
      let line: Buffer
      if (round % 4 === 0) {
        line = Buffer.from(Array.from({ length: below(300) }, () => below(round % 8 === 0 ? 256 : 128)))
      } else {
        line = Buffer.from(lines[below(lines.length)]!)
        for (let change = below(4); change >= 0; change--) {
          const at = below(line.length + 1)
          const kind = below(4)
          if (kind === 0 && at < line.length) line[at] = below(256)
          else if (kind === 1) line = Buffer.concat([line.subarray(0, at), line.subarray(at + below(5))])
          else if (kind === 2) line = line.subarray(0, at)
          else {
            const token = Buffer.from(tokens[below(tokens.length)]!, 'latin1')
            line = Buffer.concat([line.subarray(0, at), token, line.subarray(at)])
          }
        }
      }
      registry.classify(line, 0, line.length)
      if (encode(type, line).length > 20) accepted++
    }
    expect(accepted).toBeGreaterThan(100)
  })

  it('makes a bounded number of steps on long hostile lines', () => {
    const first = lines[0]!.toString()
    const fills = [
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
    const inserts = [0, 24, first.length >> 1, first.length - 1, first.length]
    for (const fill of fills) {
      for (const at of inserts) {
        const text = first.slice(0, at) + fill.repeat(Math.floor(65_000 / fill.length)) + first.slice(at)
        const { source, reads } = counted(Buffer.from(text))
        registry.classify(source.bytes, 0, text.length)
        // Texts of `contains` are searched up to their bound; structured data of RFC 5424 to its end.
        expect(reads()).toBeLessThan(text.length + MAX_SEARCHED_BYTES + 10_000)
        const { source: line, reads: lineReads } = counted(Buffer.from(text))
        const writer = new CopyWriter()
        type.encodeLine(line, 0, text.length, writer, out)
        expect(lineReads()).toBeGreaterThanOrEqual(Math.floor(text.length / 4))
        expect(lineReads()).toBeLessThan(8 * text.length)
        // A row holds the line's bytes once; only undeclared fields grow, up to their bound.
        expect(writer.position).toBeLessThan(text.length + 16_384 + 1000)
      }
    }
  })
})

it('no type takes lines that are meant for another', () => {
  expect(findConflicts(registry, samples)).toEqual([])
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
