import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { EnvelopeLine } from '../envelopes/envelope-line.js'
import { envelopes } from '../envelopes/read-envelope.js'
import { Classifier } from './classifier.js'
import { MAX_SEARCHED_BYTES } from './contains-index.js'
import { compileDetection, type Detection } from './detection.js'
import { plainEnd, runDetector } from './detector.js'

function template(...texts: string[]): Detection {
  return compileDetection(
    undefined,
    texts.map((text) => ({ template: text, contains: [] })),
  )
}

/** Every type by itself, in order, without any of the ways that save work. */
function slowly(detections: readonly Detection[], line: Buffer): number {
  return detections.findIndex(({ envelope, apps, rules }) => {
    let text = line
    if (envelope !== undefined) {
      const found = new EnvelopeLine()
      if (!envelopes[envelope].read(line, 0, line.length, found)) return false
      const app = found.spans[4]! < 0 ? undefined : line.toString('latin1', found.spans[4], found.spans[5])
      if (apps !== undefined && (app === undefined || !apps.includes(app))) return false
      text = line.subarray(found.messageStart, found.messageEnd)
      if (found.isEscaped) text = Buffer.from(JSON.parse(`"${text.toString()}"`) as string)
    }
    return rules.some(
      ({ program, contains }) =>
        runDetector(Int32Array.from(program), 0, text, 0, text.length, plainEnd(text, 0, text.length)) &&
        contains.every((one) => text.subarray(0, MAX_SEARCHED_BYTES).includes(one)),
    )
  })
}

describe('Classifier', () => {
  const detections: Detection[] = [
    template('{token} a ', '{token} b '),
    compileDetection({ kind: 'syslog', app: ['sshd', 'su'] }, [{ template: 'Failed ', contains: [] }]),
    compileDetection({ kind: 'syslog', app: ['sshd'] }, []),
    template('{key}='),
    compileDetection({ kind: 'rfc3164' }, [{ template: undefined, contains: ['oom-killer'] }]),
    compileDetection(undefined, [{ template: '{{', contains: ['"eventVersion"', '"eventID"'] }]),
    compileDetection(undefined, [{ template: undefined, contains: ['"event'] }]),
    compileDetection({ kind: 'docker' }, [{ template: '{{', contains: ['"level"'] }]),
    compileDetection({ kind: 'docker' }, []),
    template('{token}|{key}=', '<'),
    compileDetection({ kind: 'syslog' }, []),
    template('{token} {token} c[', '{token} d ', '{token} e ', '{token} f ', '{token}'),
  ]
  const lines = [
    '',
    ' ',
    'x a y',
    'x b y',
    'x d y',
    'x f y',
    'x=1',
    'x|y=1',
    'xä|y=1',
    'Jan  5 10:23:45 h sshd[1]: Failed x',
    'Jan  5 10:23:45 h sshd[1]: ok',
    'Jan  5 10:23:45 h su: Failed x',
    'Jan  5 10:23:45 h su: ok',
    'Jan  5 10:23:45 h kernel: the oom-killer',
    'Jan  5 10:23:45 h',
    '<34>1 2003-10-11T22:14:15.003Z h sshd - - - Failed',
    '<34>1 2003-10-11T22:14:15.003Z h other - - - x',
    '2024-01-15T10:23:45Z h sshd[1]: Failed',
    '{"eventVersion":"1","eventID":1}',
    '{"eventVersion":"1"}',
    '{"x":"\\"event"}',
    JSON.stringify({ log: '{"level":"info"}\n', stream: 'stdout' }),
    JSON.stringify({ log: 'text\n' }),
    JSON.stringify({ log: '\n' }),
    `{${' '.repeat(MAX_SEARCHED_BYTES)}"event`,
  ]

  it('finds the first type in order, as trying all of them one by one does', () => {
    const orders = detections.map((_, turn) => [...detections.slice(turn), ...detections.slice(0, turn)])
    const found = new Set<Detection | undefined>()
    for (const order of [...orders, ...orders.map((one) => one.toReversed())]) {
      const classifier = new Classifier(order)
      for (const line of lines) {
        for (let cut = 0; cut <= Math.min(line.length, 60); cut++) {
          const bytes = Buffer.from(line.slice(cut))
          const expected = slowly(order, bytes)
          const inside = Buffer.concat([Buffer.from('{<x '), bytes, Buffer.from(' a "event')])
          const got = classifier.classify(inside, 4, 4 + bytes.length)
          if (got !== expected) throw new Error(`${line.slice(cut)}: ${got}, expected ${expected}`)
          found.add(order[got])
        }
      }
    }
    expect(found.size).toBe(detections.length + 1)
  })

  it('never throws on random bytes', () => {
    const classifier = new Classifier(detections)
    const { below } = createRandom(3)
    for (let round = 0; round < 20_000; round++) {
      const line = Buffer.from(
        Array.from({ length: round % 90 }, () => below(round % 2 === 0 ? 0x80 : 0x100)),
      )
      expect(classifier.classify(line, 0, line.length)).toBeGreaterThanOrEqual(-1)
    }
  })
})
