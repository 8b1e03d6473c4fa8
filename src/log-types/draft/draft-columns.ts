import { reservedColumns } from '../declaration/check-declaration.js'
import { KEPT_LINE, PARTITION_KEY } from '../declaration/declaration.js'
import { envelopes } from '../envelopes/read-envelope.js'
import { createFormat } from '../formats/create-format.js'
import { isSkipped } from '../formats/format-fields.js'
import { FieldSlots } from '../line/field-slots.js'
import { Fields } from '../line/fields.js'
import { SCRATCH } from '../line/scratch.js'
import { type GuessedColumn, guessColumn } from './guess-column.js'
import type { GuessedEnvelope } from './guess-envelope.js'
import type { GuessedFormat } from './guessed-format.js'

export interface DraftColumn extends GuessedColumn {
  readonly name: string
  readonly from: string
  readonly required: boolean
}

const timeFields = ['timestamp', '@timestamp', 'time', 'ts', 'date', 'datetime', 'event_time', 'eventTime']
/** Worth a column without being asked for. */
const envelopeFields = ['@host', '@app', '@pid', '@stream']

/** A column for each field, or undefined when none of them is a time. */
export function draftColumns(
  envelope: GuessedEnvelope | undefined,
  format: GuessedFormat,
  messages: readonly string[],
): DraftColumn[] | undefined {
  const values = valuesOf(format, messages)
  const guessed = format.fields
    .filter((field) => !isSkipped(field))
    .map((field) => ({ from: field, ...guessColumn(field, values.get(field) ?? []) }))
  const outer = envelope === undefined ? [] : envelopes[envelope.kind].fields
  const times = guessed.filter(({ type, nulls }) => type === 'timestamptz' && nulls.length === 0)
  const always = times.filter(({ from }) => (values.get(from)?.length ?? 0) >= 0.9 * messages.length)
  const time = timeFields.map((name) => always.find(({ from }) => from === name)).find(Boolean) ?? always[0]
  if (envelope === undefined && time === undefined) return undefined
  const timestamp =
    envelope === undefined && time !== undefined
      ? { ...time, name: PARTITION_KEY, required: true }
      : { ...plain('timestamptz'), name: PARTITION_KEY, from: '@timestamp', required: true }
  const taken = new Set([PARTITION_KEY])
  const columns: DraftColumn[] = [timestamp]
  for (const from of envelopeFields.filter((field) => outer.includes(field))) {
    columns.push({
      ...plain(from === '@pid' ? 'integer' : 'text'),
      from,
      required: false,
      name: columnName(from, taken),
    })
  }
  for (const one of guessed) {
    if (one.from === timestamp.from) continue
    columns.push({ ...one, required: false, name: columnName(one.from, taken) })
  }
  return columns
}

function plain(type: string): GuessedColumn {
  return { type, formats: [], nulls: [], note: undefined }
}

/** The values that the format finds in the messages that it fits, by field. */
function valuesOf(
  { format, fields: names }: GuessedFormat,
  messages: readonly string[],
): Map<string, string[]> {
  const slots = new FieldSlots(names)
  const compiled = createFormat(format, slots)
  const fields = new Fields(names.length)
  const values = new Map(names.map((name): [string, string[]] => [name, []]))
  for (const message of messages) {
    const bytes = Buffer.from(message)
    fields.clear()
    if (compiled.split(bytes, 0, bytes.length, fields) !== undefined) continue
    names.forEach((name, slot) => {
      if (!fields.isSet(slot)) return
      const from = fields.spans[2 * slot]!
      const to = fields.spans[2 * slot + 1]!
      const base = from >= SCRATCH ? SCRATCH : 0
      const text = fields.bytesOf(slot, bytes).toString('utf8', from - base, to - base)
      if (text !== '') values.get(name)?.push(text)
    })
  }
  return values
}

/** A field's name as that of a column, once. */
function columnName(field: string, taken: Set<string>): string {
  const snake = field
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 50)
  const isFree = snake !== '' && !reservedColumns.has(snake) && snake !== KEPT_LINE
  const base = !isFree ? `${snake}_value`.replace(/^_/, '') : /^\d/.test(snake) ? `field_${snake}` : snake
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}
