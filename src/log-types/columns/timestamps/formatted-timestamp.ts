import type { CopyWriter } from '../../../postgres/copy-writer.js'
import type { Refusal } from '../../line/refusal.js'
import type { EncodedLine } from '../../log-type.js'
import type { ColumnContext } from '../column-context.js'
import { epochMs } from '../timestamp.js'
import type { ValueEncoder } from '../value-encoder.js'
import { EpochTime } from './epoch-time.js'
import { PatternTime } from './pattern-time.js'
import { compileTimePattern, isoProgram } from './time-pattern.js'
import type { TimeReader } from './time-reader.js'
import { TimeZone } from './time-zone.js'

const ISO = 'iso8601'
const epochDigits: ReadonlyMap<string, number> = new Map([
  ['epoch-s', 0],
  ['epoch-ms', 3],
  ['epoch-us', 6],
  ['epoch-ns', 9],
])
const names = [ISO, ...epochDigits.keys()]

/** What a format can be, for messages. */
export const timeFormatRule = `${names.join(', ')}, or a text with %`

/** Throws a TemplateError for what is no format. */
export function checkTimeFormat(format: string): void {
  if (!names.includes(format)) compileTimePattern(format)
}

/** Times in one of several formats: the first that fits is taken. */
export class FormattedTimestamp implements ValueEncoder {
  private readonly readers: readonly TimeReader[]

  constructor(
    formats: readonly string[],
    context: ColumnContext,
    private readonly isPartitionKey: boolean,
    private readonly invalid: Refusal,
  ) {
    const zone = new TimeZone(context.timezone ?? 'UTC')
    this.readers = formats.map((format) => {
      const digits = epochDigits.get(format)
      if (digits !== undefined) return new EpochTime(digits)
      return new PatternTime(format === ISO ? isoProgram : compileTimePattern(format), zone, context)
    })
  }

  encode(
    bytes: Buffer,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    for (const reader of this.readers) {
      if (!reader.decode(bytes, start, end)) continue
      const { days, microsOfDay } = reader
      writer.writeTimestamptz(microsOfDay, days)
      if (this.isPartitionKey) out.timestampMs = epochMs(days, microsOfDay)
      return undefined
    }
    return this.invalid
  }
}
