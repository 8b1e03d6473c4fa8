import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { sum } from '../ledger/sum.js'
import type { Column, LogType, RefusalReason } from '../log-types/log-type.js'
import { copyTuples } from '../postgres/copy.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { type ListedPartition, listPartitions } from '../postgres/partition-list.js'
import { fillCounted, lockAsWriter } from '../rollups/counted-changes.js'

export interface FillOptions {
  readonly pool: pg.Pool
  readonly type: LogType
  readonly column: Column
  /** Told after every transaction. */
  readonly onProgress: (progress: FillProgress) => void
  readonly stop: AbortSignal
}

export interface FillProgress {
  /** Blocks of the table that were looked through, and all of them. */
  readonly blocks: number
  readonly totalBlocks: number
  readonly result: FillResult
}

export interface FillResult {
  /** Rows whose value moved into the column. */
  filled: number
  /** Rows whose value is none of the column's, by reason: it stays in `extra`. */
  readonly refused: Partial<Record<RefusalReason, number>>
}

/** Looked through in one transaction, 4 MiB: its rows are locked for so long. */
const blocksAtATime = 512

const table = 'sluice_filled'

/**
 * Moves a field of old rows out of `extra` into the column that was declared for it since, encoded as of new lines. In
 * short transactions, and what is filled is not touched again: safe to interrupt and to repeat, also while rows come.
 * @throws SluiceError SLUICE_INTERRUPTED
 */
export async function fillColumn({ pool, type, column, onProgress, stop }: FillOptions): Promise<FillResult> {
  const result: FillResult = { filled: 0, refused: {} }
  const partitions = await listPartitions(pool, type.table)
  const totalBlocks = sum(partitions, (partition) => partition.blocks)
  let blocks = 0
  const client = await pool.connect()
  try {
    await client.query(
      `CREATE TEMPORARY TABLE ${table} (place tid, value ${column.type}) ON COMMIT DELETE ROWS`,
    )
    for (const partition of partitions) {
      for (let from = 0; from < partition.blocks; from += blocksAtATime) {
        if (stop.aborted) {
          throw new SluiceError('SLUICE_INTERRUPTED', `interrupted after ${result.filled} rows`, {
            hint: 'Run the same command again: it goes on. Every row is as it was or filled.',
          })
        }
        await fillBlocks(client, type, column, partition, from, result)
        blocks += Math.min(blocksAtATime, partition.blocks - from)
        onProgress({ blocks, totalBlocks, result })
      }
    }
    return result
  } finally {
    // Its temporary table, and whatever transaction a failure left open, end with it.
    client.release(true)
  }
}

async function fillBlocks(
  client: pg.PoolClient,
  type: LogType,
  column: Column,
  { schema, name }: ListedPartition,
  fromBlock: number,
  result: FillResult,
): Promise<void> {
  const partition = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const filled = quoteIdentifier(column.name)
  const range = [`(${fromBlock},0)`, `(${fromBlock + blocksAtATime},0)`]
  await client.query('BEGIN')
  // Before a row is locked: the table comes before its partitions for everybody.
  await lockAsWriter(client, type.table)
  const found = await client.query<{ block: number; item: number; value: string; timestamp_ms: number }>(
    `SELECT (ctid::text::point)[0]::int8::int4 AS block, (ctid::text::point)[1]::int AS item,
            extra ->> $3::text AS value, (extract(epoch FROM "timestamp") * 1000)::float8 AS timestamp_ms
       FROM ${partition}
      WHERE ctid >= $1::tid AND ctid < $2::tid AND ${filled} IS NULL AND extra ->> $3::text IS NOT NULL
        FOR UPDATE`,
    [...range, column.field],
  )
  const writer = new CopyWriter()
  const index = type.columns.indexOf(column)
  const place = Buffer.alloc(6)
  let rows = 0
  for (const row of found.rows) {
    const begun = writer.position
    writer.beginTuple(2)
    place.writeUInt32BE(row.block, 0)
    place.writeUInt16BE(row.item, 4)
    writer.writeBytes(place, 0, place.length)
    const refusal = type.encodeField(index, Buffer.from(row.value), row.timestamp_ms, writer)
    if (refusal === undefined) {
      rows++
      continue
    }
    writer.rewind(begun)
    result.refused[refusal.reason] = (result.refused[refusal.reason] ?? 0) + 1
  }
  if (rows > 0) {
    await copyTuples(client, { schema: 'pg_temp', name: table }, ['place', 'value'], [writer.take()])
    const updated = await fillCounted(client, type.table, column, {
      update: `UPDATE ${partition} p SET ${filled} = f.value, extra = nullif(p.extra - $3::text, '{}'::jsonb)
         FROM pg_temp.${table} f
        WHERE p.ctid = f.place AND p.ctid >= $1::tid AND p.ctid < $2::tid`,
      parameters: [...range, column.field],
    })
    if (updated !== rows) throw new TypeError(`${updated} rows were filled instead of ${rows}`)
  }
  await client.query('COMMIT')
  result.filled += rows
}
