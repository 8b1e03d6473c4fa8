import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import {
  declaredType,
  envelopeTime,
  sshdDeclaration,
  sshdHead,
  textColumn,
} from '../../../load/test/layered-type.js'
import { CopyWriter } from '../../postgres/copy-writer.js'
import { Classifier } from '../detection/classifier.js'
import { LineSource } from '../line/line-source.js'
import { parseLine } from '../parse-line.js'

describe('hostile lines', () => {
  const docker = {
    ...sshdDeclaration,
    envelope: 'docker',
    columns: [envelopeTime, ...sshdDeclaration.columns.slice(4)],
    extract: [{ from: 'rest', kind: 'dissect', pattern: '{a} {b}' }],
  }
  const content = {
    ...docker,
    columns: [...docker.columns, textColumn('rest'), textColumn('a'), textColumn('b')],
  }
  const types = [declaredType(sshdDeclaration), declaredType(content)]
  const seeds = [
    `${sshdHead}Failed password for a from 192.0.2.1`,
    JSON.stringify({ log: 'Failed "x" for a from 192.0.2.1\n', time: '2024-01-15T10:23:45Z' }),
  ]

  it('take time in proportion to their length', () => {
    const fills = [
      ' ',
      ' for ',
      ' from ',
      '=',
      'a=',
      ' a=',
      '"',
      '\\',
      '\\u0041',
      '[',
      ']',
      '{',
      ':',
      '<',
      ',',
    ]
    for (const [index, seed] of seeds.entries()) {
      for (const fill of fills) {
        for (const at of [0, 5, seed.length >> 1, seed.length - 2, seed.length]) {
          const line = Buffer.from(
            seed.slice(0, at) + fill.repeat(Math.floor(65_000 / fill.length)) + seed.slice(at),
          )
          const { bytes, reads } = countReads(line)
          const writer = new CopyWriter()
          types[index]!.encodeLine(new LineSource(bytes, true), 0, line.length, writer, { timestampMs: 0 })
          // The envelope, each of three alternatives, a few bytes twice.
          expect(reads()).toBeLessThan(12 * line.length)
          const before = reads()
          new Classifier(types.map(({ detection }) => detection)).classify(bytes, 0, line.length)
          expect(reads() - before).toBeLessThan(4 * line.length)
        }
      }
    }
  }, 60_000)

  it('never make it throw, and nothing of the line before is left', () => {
    const { below } = createRandom(11)
    const tokens = [' ', '"', '\\', '\\u00e4', '=', ' from ', '\0', '\xff', '{', '}', '<', '>']
    for (let round = 0; round < 10_000; round++) {
      const index = round % 2
      let line = seeds[index]!
      for (let change = below(4); change > 0; change--) {
        const at = below(line.length + 1)
        line = line.slice(0, at) + tokens[below(tokens.length)]! + line.slice(at + below(5))
      }
      const bytes = Buffer.from(line, 'latin1')
      const used = parseLine(types[index]!, bytes)
      if (round % 50 > 1) continue
      expect(used).toEqual(parseLine(declaredType(index === 0 ? sshdDeclaration : content), bytes))
    }
  })
})

/** A line whose bytes count how often they are read: slow, but the same on every machine. */
function countReads(line: Buffer): { bytes: Buffer; reads: () => number } {
  let reads = 0
  const bytes = new Proxy(line, {
    get(target, property) {
      if (typeof property === 'string' && property >= '0' && property <= '9~') reads++
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { bytes, reads: () => reads }
}
