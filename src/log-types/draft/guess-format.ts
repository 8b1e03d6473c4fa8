import { type FormatDeclaration, formatSchema } from '../formats/format-schema.js'
import { FIELD_NAME } from '../schema-rules.js'
import { parseTemplate, TemplateError, type TemplatePart } from '../template.js'
import { type Alignment, alignTokens } from './align-tokens.js'

export interface GuessedFormat {
  readonly format: FormatDeclaration
  /** The fields that it finds, in their order. */
  readonly fields: readonly string[]
  /** What a message begins with, as far as that is known. */
  readonly template: string
}

/** This share of the messages has to have what a format needs. */
const ENOUGH = 0.9
const maxFields = 56

/** How these messages can be taken apart; undefined: in none of these ways. */
export function guessFormat(messages: readonly string[]): GuessedFormat | undefined {
  return guessJson(messages) ?? guessPairs(messages) ?? guessDelimited(messages) ?? guessDissect(messages)
}

function guessJson(messages: readonly string[]): GuessedFormat | undefined {
  const objects = messages.flatMap((message): Record<string, unknown>[] => {
    try {
      const value: unknown = JSON.parse(message)
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      return isObject ? [value as Record<string, unknown>] : []
    } catch {
      return []
    }
  })
  if (objects.length < ENOUGH * messages.length) return undefined
  const seen = new Map<string, number>()
  const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)
  const parents = new Set<string>()
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      // A plain name is one of the top, whatever is in it; only a pointer leads deeper.
      const isParent = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (isParent && !key.includes('/') && !key.includes('~')) {
        parents.add(key)
        for (const inner of Object.keys(value)) count(`/${key}/${inner}`)
      } else count(key)
    }
  }
  const fields = [...seen]
    .filter(([name]) => FIELD_NAME.test(name) && !parents.has(name))
    .filter(([name]) => name.startsWith('/') === parents.has(name.split('/')[1] ?? ''))
    .sort((a, b) => b[1] - a[1])
    .slice(0, maxFields)
    .map(([name]) => name)
  return { format: formatSchema.parse({ kind: 'json' }), fields, template: '' }
}

function guessPairs(messages: readonly string[]): GuessedFormat | undefined {
  for (const separator of ['|', ';', '\t', ',', ' ']) {
    const found = messages.map((message) => splitPairs(message, separator))
    const heads = found.filter(({ keys }) => keys.length >= 2).map(({ head }) => head)
    if (heads.length < ENOUGH * messages.length) continue
    const alignment = heads.every((head) => head === '')
      ? { pattern: '', names: [], wordsOfTimes: new Map<string, number>() }
      : alignTokens(heads, 'open')
    if (alignment === undefined) continue
    // Then the pairs are taken for words in a fixed order, which an expression can say.
    if (brokenTimes({ ...alignment, pattern: `${alignment.pattern} ` }).size > 0) continue
    // A head ends with a literal, which the gap behind its last token is.
    const gap = separator === ' ' ? ' ' : ''
    const head = alignment.pattern === '' ? '' : `${alignment.pattern}${gap}`
    if (head.endsWith('}') && !head.endsWith('}}')) continue
    const counts = new Map<string, number>()
    for (const { keys } of found) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
    const keys = [...counts.keys()].filter((key) => FIELD_NAME.test(key) && !alignment.names.includes(key))
    const isQuoted = messages.some((message) => message.includes('="'))
    const format =
      separator === ' '
        ? { kind: 'logfmt', head }
        : { kind: 'key-value', head, pairs: { separator, assign: '=', ...(isQuoted ? { quote: '"' } : {}) } }
    return {
      format: formatSchema.parse(format),
      fields: [...alignment.names, ...keys].slice(0, maxFields),
      template: head,
    }
  }
  return undefined
}

/** What stands before the first pair, and the keys; pairs make up the rest of the message. */
function splitPairs(message: string, separator: string): { head: string; keys: string[] } {
  const mark = separator === '|' ? '\\|' : separator
  const pair = new RegExp(`(?:^|${mark})([A-Za-z_][\\w.@:/-]{0,62})=("(?:[^"\\\\]|\\\\.)*"|[^${mark}]*)`, 'g')
  const matches = [...message.matchAll(pair)]
  const first = matches[0]
  if (first === undefined) return { head: '', keys: [] }
  const last = matches.at(-1)!
  const isRest =
    message
      .slice(last.index + last[0].length)
      .trim()
      .replaceAll(separator, '') === ''
  const covered = matches.reduce((sum, match) => sum + match[0].length, 0)
  if (!isRest || covered < 0.8 * (message.length - first.index)) return { head: '', keys: [] }
  const head =
    first.index === 0 ? (first[0].startsWith(separator) ? separator : '') : message.slice(0, first.index)
  const end = first.index > 0 && separator !== ' ' ? `${head}${separator}` : head
  return { head: end, keys: matches.map((match) => match[1]!) }
}

function guessDelimited(messages: readonly string[]): GuessedFormat | undefined {
  const records = messages.filter((message) => !message.startsWith('#'))
  for (const delimiter of ['\t', ';', ',', '|']) {
    const rows = records.map((message) => cells(message, delimiter))
    const width = rows[0]?.length ?? 0
    const alike = rows.filter(({ length }) => length === width)
    if (width < 3 || alike.length < ENOUGH * rows.length) continue
    const header = findHeader(messages, rows, delimiter, width)
    const names = header?.names ?? Array.from({ length: width }, (_, index) => `field_${index + 1}`)
    const format = formatSchema.parse({
      kind: 'delimited',
      delimiter,
      ...(records.some((message) => message.includes('"')) ? { quote: '"' } : {}),
      fields: names,
      ...(header === undefined ? {} : { header: header.text }),
      ...(messages.some((message) => message.startsWith('#')) ? { comment: '#' } : {}),
    })
    return { format, fields: names.slice(0, maxFields), template: '' }
  }
  return undefined
}

function cells(message: string, delimiter: string): string[] {
  const parts: string[] = []
  let quoted = false
  let start = 0
  for (let at = 0; at <= message.length; at++) {
    if (message[at] === '"') quoted = !quoted
    if (at < message.length && (quoted || message[at] !== delimiter)) continue
    parts.push(message.slice(start, at))
    start = at + 1
  }
  return parts
}

/** `#fields` with names, or a first line of nothing but different names. */
function findHeader(
  messages: readonly string[],
  rows: readonly (readonly string[])[],
  delimiter: string,
  width: number,
): { names: string[]; text: string } | undefined {
  const areNames = (names: readonly string[]) =>
    names.length === width &&
    new Set(names).size === width &&
    names.every((name) => FIELD_NAME.test(name) && !/^[\d_]/.test(name) && !/^\d+[.:]/.test(name))
  const marked = messages.find((message) => message.startsWith('#fields'))
  const markedNames = marked?.split(delimiter).slice(1)
  if (markedNames !== undefined && areNames(markedNames)) return { names: markedNames, text: '#fields' }
  const first = rows[0]
  return first !== undefined && areNames(first)
    ? { names: [...first], text: first.join(delimiter) }
    : undefined
}

function guessDissect(messages: readonly string[]): GuessedFormat | undefined {
  const alignment = alignTokens(messages)
  if (alignment === undefined || alignment.names.length > maxFields) return undefined
  const { pattern: template, names } = alignment
  const all = parts(template)
  if (all === undefined) return undefined
  const wordsOfTimes = brokenTimes(alignment)
  const format =
    wordsOfTimes.size === 0
      ? { kind: 'dissect', pattern: template }
      : { kind: 'pattern', pattern: expression(all, wordsOfTimes) }
  const result = formatSchema.safeParse(format)
  return result.success ? { format: result.data, fields: names, template } : undefined
}

/** A template takes the shortest run: a time with a blank in it ends too early where a blank follows. */
function brokenTimes({ pattern, wordsOfTimes }: Alignment): ReadonlyMap<string, number> {
  return new Map([...wordsOfTimes].filter(([name]) => pattern.includes(`{${name}} `)))
}

function parts(template: string): TemplatePart[] | undefined {
  try {
    return parseTemplate(template)
  } catch (error) {
    if (error instanceof TemplateError) return undefined
    throw error
  }
}

/** The template as an expression: each placeholder up to the first character of what follows, times by their words. */
function expression(template: readonly TemplatePart[], wordsOfTimes: ReadonlyMap<string, number>): string {
  return template
    .map((part, index) => {
      if (part.kind === 'literal') return literal(part.text)
      const next = template[index + 1]
      const words = wordsOfTimes.get(part.name)
      if (words !== undefined)
        return `(?<${part.name}>${Array.from({ length: words }, () => '[^ ]+').join(' +')})`
      return next?.kind === 'literal'
        ? `(?<${part.name}>[^${literal(next.text[0]!)}]+)`
        : `(?<${part.name}>.+)`
    })
    .join('')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
