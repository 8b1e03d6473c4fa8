import { FIELD_NAME } from '../declaration/schema-rules.js'
import { formatSchema } from '../formats/format-schema.js'
import { isEpoch } from './guess-time.js'
import { enough, type GuessedFormat, maxFields } from './guessed-format.js'

export interface GuessedList extends GuessedFormat {
  /** Every delimiter has a space behind it, as in a sentence. */
  readonly isSpaced: boolean
}

/** `others` are lines that are no messages: a header may be one of them. */
export function guessDelimited(
  messages: readonly string[],
  others: readonly string[],
): GuessedList | undefined {
  const records = messages.filter((message) => !message.startsWith('#'))
  const isCommented = [...others, ...messages].some((line) => line.startsWith('#'))
  for (const delimiter of ['\t', ';', ',', '|']) {
    const rows = records.map((message) => cells(message, delimiter))
    const width = rows[0]?.length ?? 0
    const alike = rows.filter(({ length }) => length === width)
    if (width < 3 || alike.length < enough * rows.length) continue
    const header = findHeader(others, messages, delimiter, width)
    const isDated = alike.every(([first = '']) => isEpoch(first))
    const names =
      header?.names ??
      Array.from({ length: width }, (_, at) => (at === 0 && isDated ? 'time' : `field_${at + 1}`))
    const format = formatSchema.parse({
      kind: 'delimited',
      delimiter,
      ...(records.some((message) => message.includes('"')) ? { quote: '"' } : {}),
      fields: names,
      ...(header === undefined ? {} : { header: header.text }),
      ...(isCommented ? { comment: '#' } : {}),
    })
    const isSpaced = alike.every((row) => row.slice(1).every((cell) => cell.startsWith(' ')))
    return { format, fields: names.slice(0, maxFields), template: '', isSpaced }
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

/** `#fields` with names, or a line of nothing but different names. */
function findHeader(
  others: readonly string[],
  messages: readonly string[],
  delimiter: string,
  width: number,
): { names: string[]; text: string } | undefined {
  const areNames = (names: readonly string[]) =>
    names.length === width &&
    new Set(names).size === width &&
    names.every((name) => FIELD_NAME.test(name) && !/^[\d_]/.test(name) && !/^\d+[.:]/.test(name))
  const marked = [...others, ...messages].find((line) => line.startsWith('#fields'))
  const markedNames = marked?.split(delimiter).slice(1)
  if (markedNames !== undefined && areNames(markedNames)) return { names: markedNames, text: '#fields' }
  const first = messages.filter((message) => !message.startsWith('#')).slice(0, 1)
  for (const line of [...others, ...first]) {
    const names = cells(line, delimiter)
    if (areNames(names)) return { names, text: names.join(delimiter) }
  }
  return undefined
}
