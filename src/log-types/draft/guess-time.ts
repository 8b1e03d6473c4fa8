const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'

interface TimeForm {
  /** What it looks like, without groups that capture. */
  readonly source: string
  readonly format: string
}

/** Forms of times by how often they are met; the first that fits all values of a field is taken. */
const forms: readonly TimeForm[] = [
  {
    source: String.raw`\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?`,
    format: 'iso8601',
  },
  { source: String.raw`\d\d/(?:${months})/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`, format: '%d/%b/%Y:%H:%M:%S %z' },
  { source: String.raw`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{1,9}`, format: '%Y/%m/%d %H:%M:%S.%f' },
  { source: String.raw`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`, format: '%Y/%m/%d %H:%M:%S' },
  { source: String.raw`(?:${months}) [ \d]?\d \d{4} \d\d:\d\d:\d\d`, format: '%b %e %Y %H:%M:%S' },
  { source: String.raw`(?:${months}) [ \d]?\d \d\d:\d\d:\d\d\.\d{1,9}`, format: '%b %e %H:%M:%S.%f' },
  { source: String.raw`(?:${months}) [ \d]?\d \d\d:\d\d:\d\d`, format: '%b %e %H:%M:%S' },
  { source: String.raw`\d\d \w{3} \d{4} \d\d:\d\d:\d\d`, format: '%d %b %Y %H:%M:%S' },
  { source: String.raw`\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d`, format: '%d.%m.%Y %H:%M:%S' },
  { source: String.raw`\d\d/\d\d/\d{4} \d\d:\d\d:\d\d`, format: '%d/%m/%Y %H:%M:%S' },
  { source: String.raw`1\d{9}(?:\.\d{1,9})?`, format: 'epoch-s' },
  { source: String.raw`1\d{12}`, format: 'epoch-ms' },
  { source: String.raw`1\d{15}`, format: 'epoch-us' },
  { source: String.raw`1\d{18}`, format: 'epoch-ns' },
]
const compiled = forms.map(({ source, format }) => ({ format, whole: new RegExp(`^${source}$`) }))

/** What a column of timestamptz takes without `formats`. */
const plainTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d(?::?\d\d)?)$/

/** A time with its parts written out: numbers of seconds are told from other numbers by the name of their field only. */
export const writtenTime: string = forms
  .filter(({ format }) => !format.startsWith('epoch'))
  .map(({ source }) => source)
  .join('|')

const epoch = forms.filter(({ format }) => format.startsWith('epoch')).map(({ source }) => source)
const onlyEpoch = new RegExp(`^(?:${epoch.join('|')})$`)

/** Seconds, or finer, since 1970, of a day between 2001 and 2033: a number like others, but for where it stands. */
export function isEpoch(value: string): boolean {
  return onlyEpoch.test(value)
}

const someTimes = [writtenTime, epoch.join('|')].map((one) => new RegExp(`(?<![\\w.])(?:${one})(?![\\w.])`))

/** Where the first time of a text begins, one that is written out before a number; -1: it has none. */
export function findTime(text: string): number {
  for (const time of someTimes) {
    const at = text.search(time)
    if (at >= 0) return at
  }
  return -1
}

/** `formats` for a column with these values, empty where it needs none; undefined when they are no times. */
export function guessTimeFormats(values: readonly string[]): readonly string[] | undefined {
  if (values.length === 0) return undefined
  if (values.every((value) => plainTime.test(value))) return []
  const found = new Set<string>()
  for (const value of values) {
    const form = compiled.find(({ whole }) => whole.test(value))
    if (form === undefined) return undefined
    found.add(form.format)
  }
  // Numbers of different lengths are numbers.
  return found.size <= 3 && [...found].filter((one) => one.startsWith('epoch')).length <= 1
    ? [...found]
    : undefined
}
