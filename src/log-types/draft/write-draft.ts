import type { FormatDeclaration } from '../formats/format-schema.js'
import type { DraftColumn } from './draft-columns.js'
import type { DraftDetect } from './draft-detect.js'
import type { GuessedEnvelope } from './guess-envelope.js'

export interface DraftParts {
  readonly name: string
  readonly envelope: GuessedEnvelope | undefined
  readonly detect: readonly DraftDetect[]
  readonly order: number
  /** `detect` says little. */
  readonly isWeak: boolean
  readonly format: FormatDeclaration
  readonly columns: readonly DraftColumn[]
  /** What is to be looked at, sentences. */
  readonly notes: readonly string[]
}

/** Table names are shorter than names of types. */
const maxTableStem = 40

/** A draft as the text of a declaration file, with comments that say what to look at. */
export function writeDraft({ name, order, envelope, detect, format, columns, notes }: DraftParts): string {
  const lines = [
    '# A draft, made from sample lines. The language is described in docs/log-types.md.',
    '# To do: names and types of the columns, which of them are required, what is indexed, and the samples.',
    ...notes.map((note) => `# ${note}`),
    `name: ${name}`,
    'version: 1',
    '# Types are tried in this order: the lower, the earlier.',
    `order: ${order}`,
    `table: ${name.slice(0, maxTableStem)}_logs`,
    `description: Lines of ${name}`,
    ...(columns.some(({ note }) => note?.includes('set timezone')) ? ['#timezone: Europe/Berlin'] : []),
    ...writeEnvelope(envelope),
    ...(detect.length === 0 ? [] : ['detect:', ...detect.map(writeDetect)]),
    ...writeFormat(format),
    'columns:',
    ...columns.map(writeColumn),
    ...writeIndexes(columns),
    '',
  ]
  return lines.join('\n')
}

function writeEnvelope(envelope: GuessedEnvelope | undefined): string[] {
  if (envelope === undefined) return []
  if (envelope.apps.length === 0) return [`envelope: ${envelope.kind}`]
  return [
    '# Of these programs only: the others that write there have types of their own.',
    `envelope: { kind: ${envelope.kind}, app: [${envelope.apps.map(quote).join(', ')}] }`,
  ]
}

function writeDetect({ template, contains }: DraftDetect): string {
  if (contains === undefined) return `  - ${quote(template ?? '')}`
  const texts = `contains: [${contains.map(quote).join(', ')}]`
  return template === undefined ? `  - { ${texts} }` : `  - { template: ${quote(template)}, ${texts} }`
}

function writeFormat(format: FormatDeclaration): string[] {
  const keys = Object.entries(format).filter(
    ([key, value]) => key !== 'kind' && value !== undefined && value !== '',
  )
  return [
    'format:',
    `  kind: ${format.kind}`,
    ...hintsFor(format),
    ...keys.map(([key, value]) => `  ${key}: ${flow(value)}`),
  ]
}

function hintsFor(format: FormatDeclaration): string[] {
  if (format.kind === 'dissect')
    return [
      '  # Where a stranger chooses what stands there, {name*} takes all up to the last of what follows.',
    ]
  // Times of several words have it, too.
  return format.kind === 'pattern' && format.pattern.replaceAll('[^ ]+ +', '').includes(' +')
    ? ['  # ` +` is one space or several: they pad columns.']
    : []
}

function writeColumn({ name, from, type, required, formats, nulls, note }: DraftColumn): string {
  const keys = [
    `name: ${name}`,
    ...(from === name ? [] : [`from: ${quote(from)}`]),
    `type: ${quoteType(type)}`,
    ...(required ? ['required: true'] : []),
    ...(formats.length > 0 ? [`formats: [${formats.map(quote).join(', ')}]`] : []),
    ...(nulls.length > 0 ? [`nulls: [${nulls.map(quote).join(', ')}]`] : []),
  ]
  // A note may quote values: no more than one line, and nothing that ends it.
  const comment = note === undefined ? '' : ` # ${note.replaceAll(/[\p{Cc}\u0085\u2028\u2029]/gu, ' ')}`
  return `  - { ${keys.join(', ')} }${comment}`
}

/** What is looked for most: addresses. */
function writeIndexes(columns: readonly DraftColumn[]): string[] {
  const [address] = columns.filter(({ type }) => type === 'inet')
  return address === undefined ? [] : ['indexes:', `  - [${address.name}, timestamp]`]
}

function quoteType(type: string): string {
  return type.endsWith('[]') ? quote(type) : type
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(', ')} }`
  }
  return typeof value === 'string' ? quote(value) : String(value)
}

/** JSON is YAML. */
function quote(text: string): string {
  return JSON.stringify(text)
}
