import { describe, expect, it } from 'vitest'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTuple } from '../postgres/read-tuple.js'
import { WHOLE_CATALOGUE } from './declaration/catalogue.js'
import { Classifier } from './detection/classifier.js'
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

/** Starts small, so that it has to grow on the way. */
const startWriter = () => new CopyWriter(64)
/** For all lines: a new one for each would be much of the work. */
const grownWriter = startWriter()

/** What encodeLine reads where bytes follow the line. */
const withSlack = (bytes: Buffer) =>
  new LineSource(Buffer.concat([bytes, Buffer.alloc(SLACK_BYTES, '9')]), false)

/**
 * What encodeLine makes of a line: the tuple's bytes, or the refusal. Checks what must hold of any line, also that the
 * short way of usual lines, which is taken where bytes follow the line, and the complete way agree.
 */
function encode(
  type: LogType,
  bytes: Buffer,
  start = 0,
  end = bytes.length,
  followed = withSlack(bytes),
): string {
  const complete = encodeFrom(type, new LineSource(bytes.subarray(0, end), false), start, end, startWriter())
  const short = encodeFrom(type, followed, start, end, grownWriter)
  if (complete !== short) throw new Error(`${complete} and ${short}`)
  return complete
}

function encodeFrom(
  type: LogType,
  source: LineSource,
  start: number,
  end: number,
  writer: CopyWriter,
): string {
  writer.reset()
  writer.beginTuple(type.columns.length + 1)
  out.timestampMs = Number.NaN
  const refusal = type.encodeLine(source, start, end, writer, out)
  if (refusal !== undefined) {
    if (!refusalReasons.includes(refusal.reason)) throw new Error(refusal.reason)
    return refusal.reason
  }
  const tuple = writer.buffer.subarray(0, writer.position)
  const fields = readTuple(tuple, 0)
  const tupleBytes = fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 2)
  if (fields.length !== type.columns.length + 1 || tupleBytes !== tuple.length) throw new Error('tuple')
  return `${tuple.toString('latin1')} ${out.timestampMs}`
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
    const ofThisType = samples.filter(({ logType }) => logType === name)
    expect(checkSamples(registry, ofThisType).flatMap(({ failures }) => failures)).toEqual([])
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
      const followed = withSlack(line)
      // All places of a line of usual length, and as many of a long one. Whether a byte before the start is read hardly
      // depends on the end, nor one behind the end on the start: every end with a few starts (a word has four bytes),
      // and every start with some ends.
      const step = Math.ceil(line.length / 200)
      for (let start = 0; start < line.length; start += step) {
        for (let end = start; end <= line.length; end += start < 8 * step ? step : 13 * step) {
          const alone = Buffer.from(line.subarray(start, end))
          if (encode(type, line, start, end, followed) !== encode(type, alone))
            throw new Error(`${start} ${end}`)
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
})

it('no type takes lines that are meant for another', () => {
  expect(findConflicts(registry, samples)).toEqual([])
})
