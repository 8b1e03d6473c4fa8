import { isIP } from 'node:net'
import { guessTimeFormats } from './guess-time.js'

/** What a column is made from. */
export interface GuessedColumn {
  readonly type: string
  readonly formats: readonly string[]
  readonly nulls: readonly string[]
  /** What to look at, for a comment. */
  readonly note: string | undefined
}

const noValues = ['-', 'N/A', 'n/a', 'null', '(null)', 'none']
const whole = /^-?(?:0|[1-9]\d{0,17})$/
const largestInt4 = 2_147_483_647
/** A sample is small; what is called so grows beyond it. */
const growingName = /byte|octet|size|length|count|total|duration|nanos|micros/
const timeName = /time|date|^ts$|^t$|stamp|epoch|created|when/

/** The type that takes all of these values, which are not empty. `name` decides where values could be several things. */
export function guessColumn(name: string, all: readonly string[]): GuessedColumn {
  const values = [...new Set(all)]
  const nulls = noValues.filter((value) => values.includes(value))
  const real = values.filter((value) => !nulls.includes(value))
  const guess = guessType(name.toLowerCase(), real)
  return { formats: [], note: undefined, ...guess, nulls }
}

function guessType(name: string, values: readonly string[]): Partial<GuessedColumn> & { type: string } {
  const every = (test: (value: string) => boolean) => values.length > 0 && values.every(test)
  const formats = guessTimeFormats(values)
  if (formats !== undefined && (timeName.test(name) || !formats.some((one) => one.startsWith('epoch')))) {
    return { type: 'timestamptz', formats, note: timeNote(formats, values) }
  }
  if (every((value) => isIP(value) !== 0 && !value.includes('%'))) return { type: 'inet' }
  if (every((value) => whole.test(value))) {
    const isLarge = values.some((value) => Math.abs(Number(value)) > largestInt4)
    return { type: isLarge || growingName.test(name) ? 'bigint' : 'integer' }
  }
  if (every((value) => /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) && !/^-?0\d/.test(value)))
    return { type: 'double' }
  if (every((value) => /^(?:true|false|yes|no)$/i.test(value))) return { type: 'boolean' }
  if (every((value) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))) return { type: 'uuid' }
  if (every((value) => /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i.test(value))) return { type: 'macaddr' }
  if (every(isContainer)) return { type: 'jsonb' }
  const longest = Math.max(0, ...values.map((value) => Buffer.byteLength(value)))
  const few = values.length > 1 && values.length <= 6
  return {
    type: 'text',
    note:
      longest > 512
        ? `longest value: ${longest} bytes; maxBytes is 1024 unless you say more`
        : few
          ? `only ${values.length} values in the sample: ${values.join(', ').slice(0, 100)}`
          : undefined,
  }
}

function isContainer(value: string): boolean {
  return /^[[{]/.test(value) && /[\]}]$/.test(value) && isJson(value)
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function timeNote(formats: readonly string[], values: readonly string[]): string | undefined {
  if (formats.some((one) => /%d.%m.%Y/.test(one))) return 'day before month? The sample does not say'
  if (formats.includes('iso8601') && values.some((value) => !/(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/.test(value))) {
    return 'without an offset: set timezone'
  }
  if (formats.some((one) => one.includes('%') && !/%[zZs]/.test(one)))
    return 'without an offset: set timezone'
  return undefined
}
