/** Reads the times of one format. */
export interface TimeReader {
  /** Whole days since 2000-01-01 UTC, and microseconds of that day: set by a decode that returned true. */
  readonly days: number
  readonly microsOfDay: number

  /** False when [start, end) is no time of the format. Looks at nothing else, and never throws. */
  decode(bytes: Buffer, start: number, end: number): boolean
}
