import type pg from 'pg'
import { readDeadLetters } from '../dead-letters/dead-letter-tuple.js'
import type { Batch } from '../indexer/commit.js'
import { selectKnownRecords } from '../ledger/records.js'
import { sum } from '../ledger/sum.js'
import { selectBatchesBefore } from '../ledger/swapped-batches.js'
import type { LogType, LogTypeRegistry } from '../log-types/log-type.js'
import { copyTuples } from '../postgres/copy.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { visitLines } from '../streams/batch-body.js'
import { selectOldDeadLetters } from './dead-letter-changes.js'
import type { ChangeReport, ColumnChange, LineState } from './line-changes.js'
import {
  likelyTimes,
  parametersOf,
  rowsOf,
  searchOldRows,
  selectTables,
  selectTimeRange,
  type TimeRange,
} from './old-rows.js'
import type { ParsedAgain } from './parse-again.js'
import { droppedThatStay, linesOf, type Swap, type SwapOutcome, withoutDuplicates } from './swap-batches.js'
import { leaveOut, rowOffsetsOf } from './tuples.js'

/** Of a line so much is shown. */
const shownLineBytes = 300
/** Changed rows of a batch whose values are asked for. */
const shownRows = 3

/**
 * Compares what a swap would bring with what is in the tables, and changes nothing there. The client has to be the same
 * from call to call: it keeps temporary tables. Returns what the swap would.
 */
export async function compareBatches(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  swap: Swap,
  report: ChangeReport,
): Promise<SwapOutcome> {
  for (const { meta } of swap.batches) {
    const type = registry.byName(meta.logType)
    if (type !== undefined) await createComparedTable(client, registry, type)
  }
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  try {
    // What waits to be compared has no statistics, and no index.
    await client.query('SET LOCAL enable_nestloop = off')
    return await compareIn(client, registry, swap, report)
  } finally {
    await client.query('ROLLBACK')
  }
}

async function compareIn(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  swap: Swap,
  report: ChangeReport,
): Promise<SwapOutcome> {
  const { chunk, newBatches } = swap
  const only = newBatches === undefined ? swap.batches[0]!.meta : undefined
  const old = await selectBatchesBefore(client, chunk.id, only?.logType, swap.since, 'look')
  if (sum(old, ({ lines }) => lines) !== (only?.lines ?? chunk.lines)) return { kind: 'in flight' }

  const hashes = old.map(({ hash }) => hash)
  const before = new Map<number, LineState>()
  const dropped = new Set<number>()
  const letters = await selectOldDeadLetters(client, hashes, 'look')
  for (const { lineOffset, reason } of letters) before.set(lineOffset, { kind: 'dead', reason })
  for (const { lineOffset } of droppedThatStay(letters, swap)) dropped.add(lineOffset)
  const batches: ParsedAgain[] = []
  for (const batch of swap.batches) {
    batches.push(await withoutDuplicates(client, registry, batch, selectKnownRecords))
  }
  for (const batch of batches) await copyToCompare(client, registry, batch)
  const changed = new Map<number, readonly ColumnChange[]>()
  const logTypes = new Map((await selectTables(client)).map(({ table, logType }) => [table, logType]))
  const rows = {
    expected: sum(old, (batch) => batch.rows),
    times: await selectTimeRange(client, hashes),
    likely: likelyTimes(registry, batches),
  }
  await searchOldRows(client, rows, async (table, range) => {
    const logType = logTypes.get(table)!
    const found = await selectOffsets(client, table, swap, range)
    const fresh = found.filter((lineOffset) => !before.has(lineOffset))
    for (const lineOffset of fresh) before.set(lineOffset, { kind: 'row', logType })
    const type = registry.byName(logType)
    if (fresh.length > 0 && type !== undefined && batches.some(({ meta }) => meta.logType === logType)) {
      await selectChanged(client, registry, type, swap, range, changed)
    }
    return fresh.length
  })
  for (const batch of batches) addLines(batch, before, dropped, changed, report)
  const kept = batches.map((batch) => leaveOut(batch, dropped).meta)
  return {
    kind: 'swapped',
    rows: sum(kept, (meta) => meta.rows),
    deadLetters: sum(kept, (meta) => meta.deadLetters) + dropped.size,
  }
}

function addLines(
  { meta, rows, dead, body }: ParsedAgain,
  before: ReadonlyMap<number, LineState>,
  dropped: ReadonlySet<number>,
  changed: ReadonlyMap<number, readonly ColumnChange[]>,
  report: ChangeReport,
): void {
  const after = new Map<number, LineState>()
  for (const lineOffset of rowOffsetsOf(rows)) after.set(lineOffset, { kind: 'row', logType: meta.logType })
  for (const { lineOffset, reason } of readDeadLetters(dead)) after.set(lineOffset, { kind: 'dead', reason })
  visitLines(body, (start, end, offset) => {
    const lineOffset = meta.start + offset
    if (dropped.has(lineOffset)) return report.addDropped()
    const was = before.get(lineOffset)
    // Neither a row nor a dead letter: `sluice reconcile` tells.
    if (was === undefined) return
    const columns = changed.get(lineOffset)
    const change = { before: was, after: after.get(lineOffset)!, hasOtherValues: columns !== undefined }
    report.add(change, () => ({
      ...change,
      sourceId: meta.sourceId,
      lineOffset,
      line: body.toString('utf8', start, Math.min(end, start + shownLineBytes)),
      columns: columns ?? [],
    }))
  })
}

/** Where the new rows of a type wait to be compared with those that there are. */
function comparedTable(registry: LogTypeRegistry, type: LogType): string {
  return `sluice_compared_${registry.types.indexOf(type)}`
}

async function createComparedTable(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  type: LogType,
): Promise<void> {
  await client.query(
    `CREATE TEMPORARY TABLE IF NOT EXISTS ${comparedTable(registry, type)}
       (LIKE public.${quoteIdentifier(type.table)}) ON COMMIT DELETE ROWS`,
  )
}

async function copyToCompare(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  { meta, rows }: Batch,
): Promise<void> {
  const type = registry.byName(meta.logType)
  if (type === undefined || meta.rows === 0) return
  const table = { schema: 'pg_temp', name: comparedTable(registry, type) }
  await copyTuples(client, table, type.copyColumns, [rows])
}

async function selectOffsets(
  client: pg.PoolClient,
  table: string,
  swap: Swap,
  range: TimeRange,
): Promise<number[]> {
  const result = await client.query<{ line_offset: string }>(
    `SELECT o.line_offset FROM ${rowsOf(table)}`,
    parametersOf(linesOf(swap), range),
  )
  return result.rows.map((row) => Number(row.line_offset))
}

type Values = Readonly<Record<string, unknown>>

/** Adds the rows whose declared columns or `extra` would be others; of the first few of them which, and how. */
async function selectChanged(
  client: pg.PoolClient,
  registry: LogTypeRegistry,
  type: LogType,
  swap: Swap,
  range: TimeRange,
  changed: Map<number, readonly ColumnChange[]>,
): Promise<void> {
  const names = [...type.columns.map((column) => column.name), 'extra']
  const row = (alias: string) => names.map((name) => `${alias}.${quoteIdentifier(name)}`).join(', ')
  const shown = `row_number() OVER (ORDER BY o.line_offset) <= ${shownRows}`
  const result = await client.query<{ line_offset: string; before: Values | null; after: Values | null }>(
    `SELECT o.line_offset, CASE WHEN ${shown} THEN to_jsonb(o) END AS before,
            CASE WHEN ${shown} THEN to_jsonb(n) END AS after
       FROM (SELECT o.* FROM ${rowsOf(type.table)}) o
       JOIN pg_temp.${comparedTable(registry, type)} n USING (source_id, line_offset)
      WHERE ROW(${row('o')}) IS DISTINCT FROM ROW(${row('n')})`,
    parametersOf(linesOf(swap), range),
  )
  for (const { line_offset, before, after } of result.rows) {
    const columns = names
      .map((column) => ({ column, before: before?.[column] ?? null, after: after?.[column] ?? null }))
      .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after))
    changed.set(Number(line_offset), columns)
  }
}
