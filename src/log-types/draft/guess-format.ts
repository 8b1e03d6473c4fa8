import { FIELD_NAME } from '../declaration/schema-rules.js'
import { formatSchema } from '../formats/format-schema.js'
import { parseTemplate, TemplateError, type TemplatePart } from '../formats/template.js'
import { type Alignment, alignTokens, PADDING } from './align-tokens.js'
import { guessDelimited } from './guess-delimited.js'
import { enough, type GuessedFormat, maxFields } from './guessed-format.js'

/**
 * How these messages can be taken apart; undefined: in none of these ways. `others` are lines that stand among them and
 * are no messages: one may say what the fields are called.
 */
export function guessFormat(
  messages: readonly string[],
  others: readonly string[] = [],
): GuessedFormat | undefined {
  return guessJson(messages) ?? guessPairs(messages) ?? guessListOrWords(messages, others)
}

/** Words with commas between them are a list only if nothing better is to be said of them. */
function guessListOrWords(messages: readonly string[], others: readonly string[]): GuessedFormat | undefined {
  const list = guessDelimited(messages, others)
  if (list !== undefined && !list.isSpaced) return list
  const words = guessDissect(messages)
  return list !== undefined && (words === undefined || words.fields.at(-1) === 'message') ? list : words
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
  if (objects.length < enough * messages.length) return undefined
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
    if (heads.length < enough * messages.length) continue
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

function guessDissect(messages: readonly string[]): GuessedFormat | undefined {
  const alignment = alignTokens(messages)
  if (alignment === undefined || alignment.names.length > maxFields) return undefined
  const { pattern: template, names } = alignment
  const all = parts(template)
  if (all === undefined) return undefined
  const wordsOfTimes = brokenTimes(alignment)
  const format =
    wordsOfTimes.size === 0 && !template.includes(PADDING)
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
      if (part.kind === 'literal') return part.text.split(/ {2,}/).map(literal).join(' +')
      const words = wordsOfTimes.get(part.name)
      if (words !== undefined)
        return `(?<${part.name}>${Array.from({ length: words }, () => '[^ ]+').join(' +')})`
      const [before, after] = [template[index - 1], template[index + 1]]
      const end = after?.kind === 'literal' ? literal(after.text[0]!) : ''
      const one = end === '' ? '.' : `[^${end}]`
      // Spaces that pad a column are not the value's: each fits in one way only.
      const isPadded = before?.kind === 'literal' && before.text.endsWith(PADDING)
      const value = !isPadded || end === ' ' ? `${one}+` : `[^ ${end}]${one}*`
      return `(?<${part.name}>${value})`
    })
    .join('')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
