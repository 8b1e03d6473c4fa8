import type { ClientBase } from 'pg'
import { MAX_LINE_BYTES } from '../generate/hostile/oversize.js'
import type { GeneratedRecord } from '../generate/record.js'
import { describePlace } from './compare-rows.js'
import type { Mismatches } from './mismatches.js'

/** A line that must be set aside, and the source that it must be found in. */
export interface WantedDeadLetter {
  readonly record: Omit<GeneratedRecord, 'expected'>
  /** Reasons that no line can cause by itself are among these, too. */
  readonly expected: { readonly logType: string; readonly deadLetter: string }
  readonly sourceId: number
}

interface FoundDeadLetter {
  readonly n: string
  readonly log_type: string | null
  readonly reason: string | null
  readonly line_bytes: string | null
  readonly raw: Buffer | null
}

/** Looks up dead letters by their places and compares type, reason, length and raw bytes. */
export async function compareDeadLetters(
  client: ClientBase,
  wanted: readonly WantedDeadLetter[],
  mismatches: Mismatches,
): Promise<void> {
  const { rows } = await client.query<FoundDeadLetter>(
    `SELECT wanted.n::text AS n, d.log_type, d.reason, d.line_bytes::text AS line_bytes, d.raw
       FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS wanted(source_id, line_offset, n)
       LEFT JOIN sluice.dead_letters d
         ON d.source_id = wanted.source_id AND d.line_offset = wanted.line_offset`,
    [wanted.map(({ sourceId }) => sourceId), wanted.map(({ record }) => record.offset)],
  )
  for (const found of rows) {
    const { record, expected } = wanted[Number(found.n) - 1]!
    const where = describePlace(expected.logType, record)
    if (found.raw === null) {
      mismatches.add('dead_letter_missing', { ...where, reason: expected.deadLetter })
      continue
    }
    const compare = (of: string, value: string, got: string | null) => {
      if (value !== got) mismatches.add('dead_letter_value', { ...where, of, expected: value, found: got })
    }
    const whole = storedBytes(record)
    compare('log_type', expected.logType, found.log_type)
    compare('reason', expected.deadLetter, found.reason)
    compare('line_bytes', String(whole.length), found.line_bytes)
    const kept = whole.subarray(0, MAX_LINE_BYTES)
    if (!kept.equals(found.raw)) {
      mismatches.add('dead_letter_value', {
        ...where,
        of: 'raw',
        expected: shown(kept),
        found: shown(found.raw),
      })
    }
  }
}

/** A line is what stands between two newlines, so a carriage return at its end is kept with it. */
function storedBytes({ line, terminator }: Pick<GeneratedRecord, 'line' | 'terminator'>): Buffer {
  return terminator === '\r\n' ? Buffer.concat([line, Buffer.from('\r')]) : line
}

function shown(bytes: Buffer): string {
  return `${bytes.length} bytes: ${bytes.toString('hex', 0, 60)}`
}
