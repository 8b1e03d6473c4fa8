import { isIP } from 'node:net'
import { escapeTemplate } from '../formats/template.js'
import { findTime, isEpoch, writtenTime } from './guess-time.js'

/** A template for texts that look alike. */
export interface Alignment {
  /** Two spaces in it stand for one or more, which a template cannot say either: they pad columns. */
  readonly pattern: string
  readonly names: readonly string[]
  /** The words of a time, of placeholders with blanks in it that a blank follows: for them a template does not do. */
  readonly wordsOfTimes: ReadonlyMap<string, number>
}

interface Token {
  /** What stands before it. */
  readonly gap: string
  readonly text: string
}

// A time, a text in quotes or brackets with blanks in it, or a run without blanks.
const tokenPattern = new RegExp(
  String.raw`(?:${writtenTime})(?![\w.])|[^\s"[]*"[^"]*"[^\s"]*|\[[^\][]*\]|[^\s"[]+\[[^\][\s]*\]\S*|\S+`,
  'g',
)
const onlyTime = new RegExp(`^(?:${writtenTime})$`)
const openers = '[("\'<='
const closers = '])"\'>,;:|'
const maxTokens = 40
/** In the pattern of an alignment: spaces that pad a column. */
export const PADDING = '  '

/**
 * A template that fits most of these texts: what all have in common is literal, all else a placeholder. Where they stop
 * being alike the rest is one placeholder. `open`: what follows the last token is not part of the texts, and the template
 * has to end with a literal and to do without padding.
 */
export function alignTokens(
  texts: readonly string[],
  end: 'whole' | 'open' = 'whole',
): Alignment | undefined {
  const lines = texts.map(tokens)
  const counts = new Map<number, number>()
  for (const { length } of lines) counts.set(length, (counts.get(length) ?? 0) + 1)
  const [usual, share] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0, 0]
  const isUniform = share >= 0.9 * lines.length && usual <= maxTokens
  if (!isUniform && end === 'open') return undefined
  const lengths = lines.map(({ length }) => length).sort((a, b) => a - b)
  const length = isUniform ? usual : Math.min(maxTokens, lengths[Math.floor(lines.length / 10)] ?? 0)
  const alike = lines.filter((line) => (isUniform ? line.length === length : line.length >= length))
  return build(alike, length, isUniform, end === 'whole')
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  let at = 0
  for (const match of text.matchAll(tokenPattern)) {
    found.push({ gap: text.slice(at, match.index), text: match[0] })
    at = match.index + match[0].length
  }
  return found
}

function build(
  lines: readonly (readonly Token[])[],
  length: number,
  isUniform: boolean,
  takesPadding: boolean,
): Alignment | undefined {
  let pattern = ''
  const names: string[] = []
  const wordsOfTimes = new Map<string, number>()
  const place = (values: readonly string[], hint: string) => {
    // A number that a line begins with dates it, if nothing else does.
    const isDate = pattern.length <= 1 && values.length > 0 && values.every(isEpoch)
    const name = nameFor(values, isDate && !isDated(lines[0]!) ? 'time' : hint, names)
    names.push(name)
    pattern += `{${name}}`
    const words = values[0]?.split(/ +/).length ?? 1
    if (words > 1 && values.every((value) => onlyTime.test(value))) wordsOfTimes.set(name, words)
  }
  for (let at = 0; at < length; at++) {
    const column = lines.map((line) => line[at]!)
    const gaps = column.map((token) => token.gap)
    const isPadded = takesPadding && gaps.every((one) => /^ +$/.test(one)) && gaps.some((one) => one !== ' ')
    const gap = isPadded ? PADDING : commonStart(gaps)
    const isRagged = !isPadded && gaps.some((one) => one !== gap)
    const isLast = !isUniform && at === length - 1
    pattern += escapeTemplate(gap)
    const endsOpen = names.length > 0 && pattern.endsWith('}') && !pattern.endsWith('}}')
    if (isRagged || isLast) {
      if (endsOpen) return undefined
      place([], 'message')
      return { pattern, names, wordsOfTimes }
    }
    const values = column.map(({ text }) => text)
    if (isConstant(values)) {
      pattern += escapeTemplate(values[0]!)
      continue
    }
    const { before, after } = surroundings(values)
    if (endsOpen && before === '') return undefined
    pattern += escapeTemplate(before)
    const inner = values.map((value) => value.slice(before.length, value.length - after.length))
    place(inner, /([A-Za-z_]\w*)=["[(<]?$/.exec(before)?.[1] ?? '')
    pattern += escapeTemplate(after)
  }
  return names.length === 0 ? undefined : { pattern, names, wordsOfTimes }
}

function isDated(line: readonly Token[]): boolean {
  return line.some(({ text }) => !isEpoch(text.replace(/^\W+|\W+$/g, '')) && findTime(text) >= 0)
}

/** Times, addresses and numbers are values, even if the sample has the same in every line. */
function isConstant(values: readonly string[]): boolean {
  const [first = ''] = values
  return (
    /^[\x20-\x7e]+$/.test(first) &&
    !/\d/.test(first) &&
    !/^["[]/.test(first) &&
    values.every((value) => value === first)
  )
}

/** What surrounds the value in each: brackets, quotes, `key=`. Something is left in between. */
function surroundings(values: readonly string[]): { before: string; after: string } {
  if (values.every((value) => onlyTime.test(value))) return { before: '', after: '' }
  const start = commonStart(values)
  let cut = start.length
  while (cut > 0 && !openers.includes(start[cut - 1]!)) cut--
  const rest = values.map((value) => value.slice(cut))
  const tail = [...commonStart(rest.map((value) => [...value].reverse().join('')))].reverse().join('')
  let from = 0
  while (from < tail.length && [...tail.slice(from)].some((one) => !closers.includes(one))) from++
  const after = tail.slice(from)
  const isEmpty = rest.some((value) => value.length <= after.length)
  if (isEmpty) return { before: '', after: '' }
  const before = start.slice(0, cut)
  // A closing bracket belongs to what opened it.
  return isIP(values[0] ?? '') === 0 ? { before, after } : { before: '', after: '' }
}

function commonStart(texts: readonly string[]): string {
  let start = texts[0] ?? ''
  for (const text of texts) {
    while (!text.startsWith(start)) start = start.slice(0, -1)
  }
  return start
}

function nameFor(values: readonly string[], hint: string, taken: readonly string[]): string {
  const every = (test: (value: string) => boolean) => values.length > 0 && values.every(test)
  const base =
    hint !== ''
      ? hint
      : every((value) => onlyTime.test(value))
        ? 'time'
        : every((value) => isIP(value) !== 0)
          ? 'ip'
          : every((value) => /^-?\d+$/.test(value))
            ? 'number'
            : 'field'
  const isNumbered = base === 'field' || base === 'number'
  for (let number = 1; ; number++) {
    const name = number === 1 && !isNumbered ? base : `${base}_${number}`
    if (!taken.includes(name)) return name
  }
}
