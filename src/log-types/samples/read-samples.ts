import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import type { DeclarationProblem } from '../declaration/declaration-error.js'
import { type RefusalReason, refusalReasons } from '../line/refusal.js'
import type { LogType } from '../log-type.js'
import type { Expectation, Sample } from './sample.js'

export type SamplesResult =
  | { readonly samples: readonly Sample[] }
  | { readonly problems: readonly DeclarationProblem[] }

const sampleKeys = ['line', 'lineBase64', 'fileTime', 'record', 'extra', 'refused', 'unclaimed']
const outcomeKeys = ['record', 'refused', 'unclaimed']

/** Thrown within this file only: the first thing that is wrong with a sample. */
class SampleProblem extends Error {
  constructor(
    readonly key: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(expected)
  }
}

/**
 * The text of a samples file as the samples of a type, or what is wrong with each of them. Every value is text as it
 * stands there: `443` is not a number and `no` is not a boolean. `file` is for messages.
 */
export function readSamples(file: string, text: string, type: LogType): SamplesResult {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: 'failsafe' })
  const lineOf = (offset: number) => lineCounter.linePos(offset).line
  const advice = 'Correct the sample; docs/log-types.md says what one is.'
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) {
    return {
      problems: broken.map((error) => {
        const key = `line ${lineOf(error.pos[0])}`
        return { file, key, expected: 'one valid YAML document', got: error.message, advice }
      }),
    }
  }
  if (!isSeq(document.contents)) {
    return { problems: [{ file, key: '', expected: 'a list of samples', got: 'something else', advice }] }
  }
  const samples: Sample[] = []
  const problems: DeclarationProblem[] = []
  document.contents.items.forEach((item, index) => {
    try {
      if (!isMap(item)) throw new SampleProblem('', 'a mapping', 'something else')
      refuseUnknownKeys(item)
      const fileLine = lineOf(item.range?.[0] ?? 0)
      const sample = { fileLine, line: readLine(item, type), expectation: readExpectation(item, type) }
      const fileTimeMs = readFileTimeMs(item)
      samples.push(fileTimeMs === undefined ? sample : { ...sample, fileTimeMs })
    } catch (error) {
      if (!(error instanceof SampleProblem)) throw error
      const key = error.key === '' ? `[${index}]` : `[${index}].${error.key}`
      problems.push({ file, key, expected: error.expected, got: error.got, advice })
    }
  })
  return problems.length > 0 ? { problems } : { samples }
}

function refuseUnknownKeys(item: YAMLMap): void {
  const unknown = keysOf(item).find((key) => !sampleKeys.includes(key))
  if (unknown === undefined) return
  throw new SampleProblem(unknown, `one of the keys ${sampleKeys.join(', ')}`, 'an unknown key')
}

function keysOf(item: YAMLMap): string[] {
  return item.items.map(({ key }) => (isScalar(key) ? String(key.value) : 'something else'))
}

function readLine(item: YAMLMap, type: LogType): Buffer {
  const text = readText(item, 'line')
  const base64 = readText(item, 'lineBase64')
  if ((text === undefined) === (base64 === undefined)) {
    throw new SampleProblem('line', 'either line or lineBase64', text === undefined ? 'neither' : 'both')
  }
  const line = Buffer.from(text ?? base64 ?? '', text === undefined ? 'base64' : 'utf8')
  // Buffer skips over what is not base64.
  if (base64 !== undefined && line.toString('base64') !== base64) {
    throw new SampleProblem('lineBase64', 'bytes in base64', JSON.stringify(base64))
  }
  if (line.includes(0x0a) && type.multiline === undefined) {
    throw new SampleProblem(text === undefined ? 'lineBase64' : 'line', 'one line', 'a newline in it')
  }
  return line
}

function readFileTimeMs(item: YAMLMap): number | undefined {
  const text = readText(item, 'fileTime')
  if (text === undefined) return undefined
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(timeMs)) return timeMs
  throw new SampleProblem('fileTime', 'a time such as 2024-01-20T00:00:00Z', JSON.stringify(text))
}

function readExpectation(item: YAMLMap, type: LogType): Expectation {
  const keys = keysOf(item)
  const given = outcomeKeys.filter((key) => keys.includes(key))
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none of them' : given.join(' and ')
    throw new SampleProblem('', `one of ${outcomeKeys.join(', ')}`, got)
  }
  const extra = readMapping(item, 'extra')
  if (extra !== undefined && given[0] !== 'record') {
    throw new SampleProblem('extra', 'extra only beside record', `extra beside ${given[0]}`)
  }
  if (given[0] === 'record') {
    return { kind: 'row', record: readRecord(item, type), extra: extra ?? new Map() }
  }
  if (given[0] === 'refused') return { kind: 'refused', reason: readReason(item) }
  const unclaimed = readText(item, 'unclaimed')
  if (unclaimed !== 'true') throw new SampleProblem('unclaimed', 'true', JSON.stringify(unclaimed))
  return { kind: 'unclaimed' }
}

function readRecord(item: YAMLMap, type: LogType): ReadonlyMap<string, string> {
  const record = readMapping(item, 'record') ?? new Map<string, string>()
  const columns = type.columns.map((column) => column.name)
  const unknown = [...record.keys()].find((name) => !columns.includes(name))
  if (unknown !== undefined) {
    throw new SampleProblem(
      `record.${unknown}`,
      `a column of ${type.name}: ${columns.join(', ')}`,
      'another name',
    )
  }
  return record
}

function readReason(item: YAMLMap): RefusalReason {
  const text = readText(item, 'refused')
  const reason = refusalReasons.find((one) => one === text)
  if (reason !== undefined) return reason
  throw new SampleProblem('refused', `one of ${refusalReasons.join(', ')}`, JSON.stringify(text))
}

function readText(item: YAMLMap, key: string): string | undefined {
  const value: unknown = item.get(key)
  if (value === undefined || typeof value === 'string') return value
  throw new SampleProblem(key, 'a text', 'something else')
}

/** Maps and not objects, so that a field named `__proto__` is nothing but a field. */
function readMapping(item: YAMLMap, key: string): ReadonlyMap<string, string> | undefined {
  const value: unknown = item.get(key)
  if (value === undefined) return undefined
  if (!isMap(value)) throw new SampleProblem(key, 'a mapping of names to texts', 'something else')
  const mapping = new Map<string, string>()
  for (const { key: name, value: text } of value.items) {
    if (!isScalar(name) || !isScalar(text) || typeof text.value !== 'string') {
      throw new SampleProblem(key, 'a mapping of names to texts', 'something else in it')
    }
    mapping.set(String(name.value), text.value)
  }
  return mapping
}
