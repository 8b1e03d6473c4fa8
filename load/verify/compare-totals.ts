import type { ClientBase } from 'pg'
import type { Oracle } from '../generate/oracle.js'
import { LOG_TYPES } from '../generate/record.js'
import type { Mismatches } from './mismatches.js'
import type { SourceMap } from './sources.js'
import { TABLES } from './tables.js'

interface SourceCount {
  readonly source_id: number
  readonly lines: number
}

/** Compares all counts: rows per type, dead letters per type and reason, both per file; and looks for duplicates. */
export async function compareTotals(
  client: ClientBase,
  oracle: Oracle,
  sources: SourceMap,
  mismatches: Mismatches,
): Promise<void> {
  const rowsOf = new Map<number, number>()
  for (const logType of LOG_TYPES) {
    const { table } = TABLES[logType]
    const counts = await countBySource(client, table)
    for (const { source_id: id, lines } of counts) rowsOf.set(id, (rowsOf.get(id) ?? 0) + lines)
    const found = counts.reduce((total, { lines }) => total + lines, 0)
    mismatches.compareCount('row_total', { log_type: logType }, oracle.rows[logType], found)
    const duplicates = await countDuplicates(client, table)
    mismatches.compareCount('row_duplicate', { log_type: logType }, 0, duplicates)
  }

  const deadLetters = 'sluice.dead_letters'
  const deadCounts = await countBySource(client, deadLetters)
  const deadOf = new Map(deadCounts.map(({ source_id: id, lines }) => [id, lines]))
  mismatches.compareCount('dead_letter_duplicate', {}, 0, await countDuplicates(client, deadLetters))
  await compareReasons(client, oracle, mismatches)

  for (const [id, { name, rows, deadLettered }] of sources.fileOf) {
    mismatches.compareCount('source_total', { file: name, of: 'rows' }, rows, rowsOf.get(id) ?? 0)
    mismatches.compareCount(
      'source_total',
      { file: name, of: 'dead letters' },
      deadLettered,
      deadOf.get(id) ?? 0,
    )
  }
}

async function compareReasons(client: ClientBase, oracle: Oracle, mismatches: Mismatches): Promise<void> {
  const { rows } = await client.query<{ log_type: string; reason: string; lines: number }>(
    'SELECT log_type, reason, count(*)::int AS lines FROM sluice.dead_letters GROUP BY 1, 2',
  )
  const found = new Map(rows.map((row) => [`${row.log_type}/${row.reason}`, row.lines]))
  const expected = new Map(
    oracle.deadLetters.map((group) => [`${group.logType}/${group.reason}`, group.lines]),
  )
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [log_type = '', reason = ''] = key.split('/')
    mismatches.compareCount(
      'dead_letter_total',
      { log_type, reason },
      expected.get(key) ?? 0,
      found.get(key) ?? 0,
    )
  }
}

async function countBySource(client: ClientBase, table: string): Promise<SourceCount[]> {
  const { rows } = await client.query<SourceCount>(
    `SELECT source_id, count(*)::int AS lines FROM ${table} GROUP BY source_id`,
  )
  return rows
}

/** A line stands at one place of one source, so a place can have only one row. */
async function countDuplicates(client: ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ duplicates: number }>(
    `SELECT coalesce(sum(times - 1), 0)::int AS duplicates
       FROM (SELECT count(*) AS times FROM ${table} GROUP BY source_id, line_offset HAVING count(*) > 1) places`,
  )
  return rows[0]?.duplicates ?? 0
}
