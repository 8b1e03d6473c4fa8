import type pg from 'pg'
import type { Batch } from '../indexer/commit.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import type { LogType, LogTypeRegistry } from '../log-types/log-type.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { readTupleField, tupleOffsets } from '../postgres/read-tuple.js'
import { toEpochMs } from '../postgres/read-value.js'
import { deleteCounted } from '../rollups/counted-changes.js'

type Client = Pick<pg.PoolClient, 'query'>

/** Lines of one source whose rows are meant. */
export interface LineRange {
  readonly sourceId: number
  readonly start: number
  readonly end: number
  /** Only these offsets of the range; left out: all. */
  readonly offsets?: readonly number[] | undefined
}

/** Rows have no index by line; these times lead to them by way of partitions and the time index. PostgreSQL's text. */
export interface TimeRange {
  readonly from: string
  readonly until: string
}

/** Types that ever had a table, the tables in order: rows of a line can be in another than its batch's. */
export async function selectTables(client: Client): Promise<{ logType: string; table: string }[]> {
  const result = await client.query<{ name: string; table_name: string }>(
    'SELECT name, table_name FROM sluice.log_types ORDER BY table_name',
  )
  return result.rows.map((row) => ({ logType: row.name, table: row.table_name }))
}

/** The time that all rows of these batches fall into; undefined when they have no rows. */
export async function selectTimeRange(
  client: Client,
  hashes: readonly string[],
): Promise<TimeRange | undefined> {
  // The ledger keeps milliseconds, and to a few microseconds only in distant years.
  const result = await client.query<{ from: string | null; until: string | null }>(
    `SELECT (min(first_event_at) - interval '1 second')::text AS "from",
            (max(last_event_at) + interval '1 second')::text AS until
       FROM sluice.batches WHERE batch_hash = ANY ($1::bytea[])`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  )
  const { from, until } = result.rows[0]!
  return from === null || until === null ? undefined : { from, until }
}

/** FROM and WHERE for rows of these lines; its parameters are parametersOf. */
export function rowsOf(table: string): string {
  return `public.${quoteIdentifier(table)} AS o
    WHERE o.source_id = $1 AND o.line_offset >= $2 AND o.line_offset < $3
      AND ($4::bigint[] IS NULL OR o.line_offset = ANY ($4))
      AND o."timestamp" >= $5::timestamptz AND o."timestamp" < $6::timestamptz`
}

export function parametersOf(
  { sourceId, start, end, offsets }: LineRange,
  { from, until }: TimeRange,
): unknown[] {
  return [sourceId, start, end, offsets ?? null, from, until]
}

/** Rows of lines, and where they may be. */
export interface OldRows {
  /** How many there are, as the ledger has it. */
  readonly expected: number
  /** When: all of them. undefined: there are none. */
  readonly times: TimeRange | undefined
  /** Where most of them are as a rule, by table. */
  readonly likely: ReadonlyMap<string, readonly TimeRange[]>
}

/**
 * Searches tables for rows until all are found; `take` returns how many there were in a range, none of them twice.
 * Returns how many were found. Where the new rows will be comes first: one line with a wrong year would otherwise mean a
 * search through all partitions, and nearly always it is wrong in the same way again.
 */
export async function searchOldRows(
  client: Client,
  { expected, times, likely }: OldRows,
  take: (table: string, range: TimeRange) => Promise<number>,
): Promise<number> {
  if (expected === 0 || times === undefined) return 0
  // No sequential scan of a large partition because its statistics are older than its rows.
  await client.query('SET LOCAL enable_seqscan = off')
  let found = 0
  for (const [table, ranges] of likely) {
    for (const range of ranges) if (found < expected) found += await take(table, range)
  }
  if (found === expected) return found
  for (const { table } of await selectTables(client)) found += await take(table, times)
  return found
}

/** Deletes rows of lines, takes them out of the rollups, and returns how many there were. */
export function deleteOldRows(client: pg.PoolClient, lines: LineRange, rows: OldRows): Promise<number> {
  return searchOldRows(client, rows, (table, range) =>
    deleteCounted(client, table, rowsOf(table), parametersOf(lines, range)),
  )
}

/** Where the new rows will be, by table. */
export function likelyTimes(
  registry: LogTypeRegistry,
  batches: readonly Batch[],
): Map<string, readonly TimeRange[]> {
  const likely = new Map<string, readonly TimeRange[]>()
  for (const { meta, rows } of batches) {
    const type = registry.byName(meta.logType)
    if (type !== undefined) likely.set(type.table, timeRangesOf(type, rows))
  }
  return likely
}

const hourMs = 3_600_000
/** Years that JavaScript and PostgreSQL write alike. */
const earliestMs = Date.UTC(1000, 0, 1)
const latestMs = Date.UTC(9999, 0, 1)
/** More of them are not a few odd times among many usual ones, and one search does for all. */
const maxRanges = 16

/** The times that rows of a type fall into, as few ranges; empty when that is not possible. */
function timeRangesOf(type: LogType, rows: Buffer): TimeRange[] {
  const field = type.copyColumns.indexOf(PARTITION_KEY)
  const offsets = tupleOffsets(rows)
  const times: number[] = []
  for (let i = 0; i + 1 < offsets.length; i++) {
    times.push(toEpochMs(readTupleField(rows, offsets[i]!, field)!.readBigInt64BE()))
  }
  times.sort((a, b) => a - b)
  const ranges: { from: number; until: number }[] = []
  for (const time of times) {
    const last = ranges.at(-1)
    if (last !== undefined && time - last.until < hourMs) last.until = time
    else ranges.push({ from: time, until: time })
  }
  const isWritable = ranges.every(({ from, until }) => from > earliestMs && until < latestMs)
  if (ranges.length > maxRanges || !isWritable) return []
  return ranges.map(({ from, until }) => ({
    from: new Date(from - 1000).toISOString(),
    until: new Date(until + 1000).toISOString(),
  }))
}
