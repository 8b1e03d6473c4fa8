import convict from 'convict'

/**
 * What values a setting may have. `expected` says it in words: it is shown when a value is refused, and it is
 * the name under which convict knows the format.
 */
export interface Format<T> {
  readonly expected: string
  /** The value, from text (environment, file) or already typed (file); undefined when it is not allowed. */
  readonly read: (value: unknown) => T | undefined
}

const wholeNumber = /^-?(?:0|[1-9]\d{0,15})$/

/** Numbers are read strictly: `10k`, `1e3` and `16384 lines` are refused rather than read as their beginning. */
export function integer(min: number, max: number): Format<number> {
  return {
    expected: `an integer from ${min} to ${max}`,
    read(value) {
      const number = typeof value === 'string' && wholeNumber.test(value) ? Number(value) : value
      return typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max
        ? number
        : undefined
    },
  }
}

export function text(expected: string, pattern: RegExp): Format<string> {
  return {
    expected,
    read: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined),
  }
}

export function oneOf<const T extends string>(values: readonly T[]): Format<T> {
  return {
    expected: `one of ${values.join(', ')}`,
    read: (value) => values.find((allowed) => allowed === value),
  }
}

export function url(expected: string, protocols: readonly string[]): Format<string> {
  return {
    expected,
    read: (value) =>
      typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol)
        ? value
        : undefined,
  }
}

/** A calendar date that exists, as YYYY-MM-DD. */
export function date(): Format<string> {
  return {
    expected: 'a date as YYYY-MM-DD, from 0001-01-01 to 9999-12-31',
    read(value) {
      if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000'))
        return undefined
      const parsed = new Date(`${value}T00:00:00Z`)
      return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(value) ? value : undefined
    },
  }
}

/** A list: in a file a real one, in the environment separated by commas. */
export function pathList(): Format<readonly string[]> {
  return listOf('paths, separated by commas (in a file: a list of paths)', isPath)
}

/** The same of names; that there are such things is checked where they are looked up. */
export function nameList(expected: string): Format<readonly string[]> {
  return listOf(expected, (item) => /^[a-z_][a-z0-9_]{0,62}$/.test(item))
}

function listOf(expected: string, isAllowed: (item: string) => boolean): Format<readonly string[]> {
  return {
    expected,
    read(value) {
      const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value
      if (!Array.isArray(items)) return undefined
      const allowed = items.filter((item): item is string => typeof item === 'string' && isAllowed(item))
      if (typeof value === 'string' && value.trim() === '') return []
      return allowed.length === items.length ? allowed : undefined
    },
  }
}

export function yesOrNo(): Format<boolean> {
  return {
    expected: 'true or false',
    read: (value) =>
      value === 'true' || value === true ? true : value === 'false' || value === false ? false : undefined,
  }
}

export function path(): Format<string> {
  return {
    expected: 'a path',
    read: (value) => (typeof value === 'string' && isPath(value) ? value : undefined),
  }
}

function isPath(value: string): boolean {
  return value !== '' && !value.includes('\0')
}

const registered = new Set<string>()

/** Makes a format known to convict, which keeps formats by name for the whole process; returns that name. */
export function registerFormat(format: Format<unknown>): string {
  const name = `sluice: ${format.expected}`
  if (!registered.has(name)) {
    convict.addFormat({
      name,
      validate(value: unknown) {
        if (format.read(value) === undefined) throw new Error(`expected ${format.expected}`)
      },
      coerce: (value: unknown) => format.read(value) ?? value,
    })
    registered.add(name)
  }
  return name
}
