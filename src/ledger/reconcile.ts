import type pg from 'pg'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { DETACHED_SCHEMA, withDaysHeld } from './expired-days.js'
import { sum } from './sum.js'

/** What became of one source's lines. Invariant when balanced: lines = indexed + deadLettered + inFlight. */
export interface SourceAccount {
  readonly path: string
  /** Lines in recorded chunks. */
  readonly lines: number
  /** Lines that became rows: those in the typed tables, and those that expired. */
  readonly indexed: number
  /** Of these, the rows that retention took out of their tables: dropped, detached or exported. */
  readonly expired: number
  /** Dead letters in their table. */
  readonly deadLettered: number
  /** Lines of batches that are not in the ledger yet. */
  readonly inFlight: number
  /** Read to its present end, with nothing in flight. */
  readonly complete: boolean
  /** What does not add up; empty when balanced. */
  readonly problems: readonly string[]
}

export interface Reconciliation {
  readonly balanced: boolean
  readonly lines: number
  readonly indexed: number
  /** Part of `indexed`. */
  readonly expired: number
  readonly deadLettered: number
  readonly inFlight: number
  readonly sources: readonly SourceAccount[]
  /** What does not add up beyond a single source. */
  readonly problems: readonly string[]
}

interface LedgerSums {
  source_id: number
  path: string
  recorded_bytes: string
  size_bytes: string | null
  chunk_lines: string
  tiled_bytes: string
  breaks: string
  overfull_chunks: string
  batch_lines: string
  rows: string
  dead_letters: string
  line_offset_sum: string
}

/** What a table holds of one source. */
interface TableSums {
  lines: number
  offsetSum: bigint
}
const nothing: TableSums = { lines: 0, offsetSum: 0n }

/**
 * Proves that every recorded line is exactly one row or one dead letter, or still on its way. The ledger alone would
 * only agree with itself, so rows and dead letters are counted in their tables, by source, and their offsets are
 * summed: a line that is there twice and another that is missing would leave the count right. All in one snapshot; of
 * rows that were dropped or exported the ledger has count and sum from when they went.
 * It reads every row: the pool should not bound how long a statement takes.
 */
export async function reconcile(pool: pg.Pool): Promise<Reconciliation> {
  return withDaysHeld(pool, async (client) => {
    const ledger = await selectLedgerSums(client)
    const rows = await sumTables(client)
    const dead = await sumDeadLetters(client)
    const expired = await sumExpired(client)
    return judge(ledger, rows, dead, expired)
  })
}

async function selectLedgerSums(client: pg.PoolClient): Promise<LedgerSums[]> {
  const result = await client.query<LedgerSums>(`
    WITH batches_of_chunk AS (
      SELECT chunk_id, sum(lines) AS lines, sum(rows) AS rows, sum(dead_letters) AS dead_letters,
             sum(line_offset_sum) AS line_offset_sum
        FROM sluice.batches GROUP BY chunk_id),
    chunks AS (
      SELECT c.source_id, c.lines, c.end_offset,
             c.start_offset <> lag(c.end_offset, 1, 0::bigint)
               OVER (PARTITION BY c.source_id ORDER BY c.start_offset) AS breaks,
             coalesce(b.lines, 0) > c.lines AS overfull,
             b.lines AS batch_lines, b.rows, b.dead_letters, b.line_offset_sum
        FROM sluice.chunks c LEFT JOIN batches_of_chunk b USING (chunk_id))
    SELECT s.source_id, s.path, s.recorded_bytes, s.size_bytes,
           coalesce(sum(c.lines), 0) AS chunk_lines,
           coalesce(max(c.end_offset), 0) AS tiled_bytes,
           count(*) FILTER (WHERE c.breaks) AS breaks,
           count(*) FILTER (WHERE c.overfull) AS overfull_chunks,
           coalesce(sum(c.batch_lines), 0) AS batch_lines,
           coalesce(sum(c.rows), 0) AS rows,
           coalesce(sum(c.dead_letters), 0) AS dead_letters,
           coalesce(sum(c.line_offset_sum), 0) AS line_offset_sum
      FROM sluice.sources s LEFT JOIN chunks c USING (source_id)
     GROUP BY s.source_id ORDER BY s.path, s.source_id`)
  return result.rows
}

/** By source, over the tables of all types that ever had one. */
async function sumTables(client: pg.PoolClient): Promise<Map<number, TableSums>> {
  const tables = await client.query<{ table_name: string }>('SELECT table_name FROM sluice.log_types')
  const sums = new Map<number, TableSums>()
  for (const { table_name: name } of tables.rows)
    await addSums(client, `public.${quoteIdentifier(name)}`, sums)
  return sums
}

async function sumDeadLetters(client: pg.PoolClient): Promise<Map<number, TableSums>> {
  const sums = new Map<number, TableSums>()
  await addSums(client, 'sluice.dead_letters', sums)
  return sums
}

/** Of rows that left their tables: what the ledger noted when they were dropped, and what is detached. */
async function sumExpired(client: pg.PoolClient): Promise<Map<number, TableSums>> {
  const sums = new Map<number, TableSums>()
  await addSelected(
    client,
    `SELECT source_id, sum(rows) AS lines, sum(line_offset_sum) AS offsets
       FROM sluice.expired_rows GROUP BY source_id`,
    sums,
  )
  const detached = await client.query<{ detached_table: string }>(
    `SELECT detached_table FROM sluice.expired_days WHERE state = 'detached'`,
  )
  for (const { detached_table: name } of detached.rows)
    await addSums(client, `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(name)}`, sums)
  return sums
}

async function addSums(client: pg.PoolClient, table: string, sums: Map<number, TableSums>): Promise<void> {
  await addSelected(
    client,
    `SELECT source_id, count(*) AS lines, sum(line_offset) AS offsets FROM ${table} GROUP BY source_id`,
    sums,
  )
}

async function addSelected(client: pg.PoolClient, sql: string, sums: Map<number, TableSums>): Promise<void> {
  const result = await client.query<{ source_id: number; lines: string; offsets: string }>(sql)
  for (const row of result.rows) {
    const sum = sums.get(row.source_id) ?? nothing
    sums.set(row.source_id, {
      lines: sum.lines + Number(row.lines),
      offsetSum: sum.offsetSum + BigInt(row.offsets),
    })
  }
}

function judge(
  ledger: readonly LedgerSums[],
  rows: ReadonlyMap<number, TableSums>,
  dead: ReadonlyMap<number, TableSums>,
  expired: ReadonlyMap<number, TableSums>,
): Reconciliation {
  const sources = ledger.map((sums) => {
    const of = (all: ReadonlyMap<number, TableSums>) => all.get(sums.source_id) ?? nothing
    return judgeSource(sums, of(rows), of(dead), of(expired))
  })
  const known = new Set(ledger.map((sums) => sums.source_id))
  const problems: string[] = []
  for (const [what, sums] of [
    ['rows', rows],
    ['dead letters', dead],
    ['expired rows', expired],
  ] as const) {
    for (const [id, { lines }] of sums) {
      if (!known.has(id))
        problems.push(`${lines} ${what} belong to source ${id}, which the ledger does not know`)
    }
  }
  return {
    balanced: problems.length === 0 && sources.every((source) => source.problems.length === 0),
    lines: sum(sources, (source) => source.lines),
    indexed: sum(sources, (source) => source.indexed),
    expired: sum(sources, (source) => source.expired),
    deadLettered: sum(sources, (source) => source.deadLettered),
    inFlight: sum(sources, (source) => source.inFlight),
    sources,
    problems,
  }
}

function judgeSource(sums: LedgerSums, rows: TableSums, dead: TableSums, expired: TableSums): SourceAccount {
  const lines = Number(sums.chunk_lines)
  const inFlight = lines - Number(sums.batch_lines)
  const problems: string[] = []
  const expect = (what: string, expected: unknown, got: unknown) => {
    if (String(expected) !== String(got)) problems.push(`${what}: expected ${expected}, got ${got}`)
  }
  const indexed = rows.lines + expired.lines
  const what = expired.lines === 0 ? 'rows in the tables' : 'rows in the tables and expired'
  expect(`${what}, against the ledger`, sums.rows, indexed)
  expect('dead letters in their table, against the ledger', sums.dead_letters, dead.lines)
  const offsetSum = rows.offsetSum + dead.offsetSum + expired.offsetSum
  expect('sum of the offsets of those lines', sums.line_offset_sum, offsetSum)
  expect('bytes covered by chunks', sums.recorded_bytes, sums.tiled_bytes)
  expect('gaps and overlaps between chunks', 0, sums.breaks)
  expect('chunks with more lines in the ledger than they have', 0, sums.overfull_chunks)
  return {
    path: sums.path,
    lines,
    indexed,
    expired: expired.lines,
    deadLettered: dead.lines,
    inFlight,
    complete:
      inFlight === 0 && sums.size_bytes !== null && Number(sums.recorded_bytes) >= Number(sums.size_bytes),
    problems,
  }
}
