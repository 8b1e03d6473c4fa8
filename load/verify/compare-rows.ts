import type { ClientBase } from 'pg'
import type { ExpectedRow, GeneratedRecord, LogType } from '../generate/record.js'
import type { MismatchDetail, Mismatches } from './mismatches.js'
import { expectedAsText, extraAsText, selectAsText, TABLES } from './tables.js'

/** A line that must be a row, and the source that it must be found in. */
export interface WantedRow {
  readonly record: GeneratedRecord
  readonly expected: ExpectedRow
  readonly sourceId: number
}

type FoundRow = Readonly<Record<string, string | null>> & {
  readonly n: string
  readonly found_at: string | null
}

/** Looks up rows of one type by their places, compares every column, and reports what differs. */
export async function compareRows(
  client: ClientBase,
  logType: LogType,
  wanted: readonly WantedRow[],
  mismatches: Mismatches,
): Promise<void> {
  const { table, columns } = TABLES[logType]
  const selected = Object.entries(columns).map(([column, kind]) => selectAsText(column, kind))
  const { rows } = await client.query<FoundRow>(
    `SELECT wanted.n::text AS n, t.line_offset::text AS found_at, ${selected.join(', ')}, t.extra::text AS extra
       FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS wanted(source_id, line_offset, n)
       LEFT JOIN ${table} t ON t.source_id = wanted.source_id AND t.line_offset = wanted.line_offset`,
    [wanted.map(({ sourceId }) => sourceId), wanted.map(({ record }) => record.offset)],
  )
  for (const found of rows) {
    const { record, expected } = wanted[Number(found.n) - 1]!
    const where = describePlace(logType, record)
    if (found.found_at === null) {
      mismatches.add('row_missing', where)
      continue
    }
    for (const [column, kind] of Object.entries(columns)) {
      const value = expectedAsText(expected.values[column], kind)
      const got = found[column] ?? null
      if (value !== got) mismatches.add('row_value', { ...where, column, expected: value, found: got })
    }
    const extra = extraAsText(expected.extra)
    const gotExtra = typeof found.extra === 'string' ? extraAsText(JSON.parse(found.extra)) : null
    if (extra !== gotExtra) {
      mismatches.add('row_value', { ...where, column: 'extra', expected: extra, found: gotExtra })
    }
  }
}

/** Longer lines are cut in reports. */
const SHOWN_CHARACTERS = 300

export function describePlace(logType: string, record: Omit<GeneratedRecord, 'expected'>): MismatchDetail {
  const { file, segment, offset, hostileKind, line } = record
  return {
    log_type: logType,
    file,
    segment,
    offset,
    hostile_kind: hostileKind ?? null,
    line: line.toString('latin1', 0, SHOWN_CHARACTERS),
  }
}
