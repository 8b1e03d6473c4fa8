import { LOG_TYPES, type LogType } from './record.js'

/** Everything that decides the bytes. Two runs with equal options write equal bytes. */
export interface GenerateOptions {
  readonly seed: number
  readonly lines: number
  readonly files: number
  /** Relative weights of the log types among ordinary lines. */
  readonly shares: Readonly<Record<LogType, number>>
  /** Time of the first event, milliseconds since 1970. */
  readonly startMs: number
  readonly eventsPerSecond: number
  /** Share of hostile lines, 0 to 100. Above 0 some files also begin with a BOM or lack the last newline. */
  readonly hostilePercent: number
  /** Start a new segment of a file after this many lines; 0 never. */
  readonly rotateLines: number
}

export const DEFAULT_OPTIONS: GenerateOptions = {
  seed: 1,
  lines: 100_000,
  files: 1,
  shares: { firewall: 50, dns: 30, auth: 20 },
  startMs: Date.UTC(2024, 0, 15),
  eventsPerSecond: 1,
  hostilePercent: 0,
  rotateLines: 0,
}

/** The ISO form that the lines use has four digits for the year. */
const LATEST_EVENT_MS = Date.UTC(9999, 11, 31)

/** Fills in defaults and refuses what cannot be generated. */
export function resolveOptions(given: Partial<GenerateOptions>): GenerateOptions {
  const options: GenerateOptions = { ...DEFAULT_OPTIONS, ...given }
  const { lines, files, shares, startMs, eventsPerSecond, hostilePercent } = options
  requireInteger('seed', options.seed, 0)
  requireInteger('lines', lines, 0)
  requireInteger('files', files, 1)
  requireInteger('rotateLines', options.rotateLines, 0)
  if (files > 10_000)
    throw new RangeError(`files: expected at most 10000 (names have four digits), got ${files}`)
  if (lines > 0 && files > lines)
    throw new RangeError(`files: expected at most one per line, got ${files} for ${lines}`)
  if (!(eventsPerSecond > 0 && Number.isFinite(eventsPerSecond))) {
    throw new RangeError(`eventsPerSecond: expected a number above 0, got ${eventsPerSecond}`)
  }
  if (!(hostilePercent >= 0 && hostilePercent <= 100)) {
    throw new RangeError(`hostilePercent: expected 0 to 100, got ${hostilePercent}`)
  }
  const weights = LOG_TYPES.map((logType) => shares[logType])
  if (
    weights.some((weight) => !(weight >= 0 && Number.isFinite(weight))) ||
    weights.every((weight) => weight === 0)
  ) {
    throw new RangeError(
      `shares: expected weights of 0 or more with at least one above 0, got ${JSON.stringify(shares)}`,
    )
  }
  const lastMs = startMs + (lines * 1000) / eventsPerSecond
  if (!(startMs >= 0 && lastMs < LATEST_EVENT_MS)) {
    throw new RangeError('start: expected all events between 1970 and 9999')
  }
  return options
}

function requireInteger(name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`${name}: expected an integer of at least ${minimum}, got ${value}`)
  }
}
