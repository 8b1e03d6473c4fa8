import { createRegistry } from '../create-registry.js'
import { LINE_FIELD } from '../declaration/field-plan.js'
import type { LogType } from '../log-type.js'
import { type ParsedLine, parseLine } from '../parse-line.js'

const maxSamples = 8

/** Samples of lines that differ in which columns they fill, as they come out now: whoever reads them sees what is wrong. */
export function writeSamples(type: LogType, lines: readonly Buffer[]): string {
  const alone = createRegistry([type])
  const shapes = new Set<string>()
  const samples: string[] = []
  for (const line of lines) {
    if (samples.length === maxSamples) break
    const isClaimed = alone.classify(line, 0, line.length) === 0
    const parsed = isClaimed ? parseLine(type, line) : undefined
    const shape =
      parsed === undefined
        ? 'unclaimed'
        : 'refusal' in parsed
          ? parsed.refusal.reason
          : [...parsed.row].map(([name, value]) => (value === null ? '' : name)).join()
    if (shapes.has(shape)) continue
    shapes.add(shape)
    samples.push(writeSample(type, line, parsed))
  }
  return [
    '# What becomes of lines; `sluice log-types test` checks it. Described in docs/log-types.md.',
    '# Drafted from a sample, with what came out of it: read every value, and correct the declaration where one is wrong.',
    ...samples,
    '',
  ].join('\n\n')
}

function writeSample(type: LogType, line: Buffer, parsed: ParsedLine | undefined): string {
  const text = line.toString('utf8')
  const isText =
    Buffer.from(text).equals(line) && !/[\p{Cc}\u2028\u2029\ufeff]/u.test(text.replaceAll('\t', ''))
  const head = isText ? `- line: ${JSON.stringify(text)}` : `- lineBase64: ${line.toString('base64')}`
  if (parsed === undefined) return `${head}\n  unclaimed: true`
  if ('refusal' in parsed) return `${head}\n  refused: ${parsed.refusal.reason}`
  const record = type.columns.flatMap(({ name, field }) => {
    const value = parsed.row.get(name) ?? null
    return value === null || field === LINE_FIELD ? [] : [`    ${name}: ${JSON.stringify(value)}`]
  })
  const extra = Object.entries(JSON.parse(parsed.row.get('extra') ?? '{}') as Record<string, unknown>)
  const more = extra.map(([name, value]) => {
    // What is not text is said as its JSON.
    return `    ${JSON.stringify(name)}: ${JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value))}`
  })
  return [head, '  record:', ...record, ...(more.length > 0 ? ['  extra:', ...more] : [])].join('\n')
}
