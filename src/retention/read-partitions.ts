import type pg from 'pg'
import { DETACHED_SCHEMA, type ExpiredDay, selectExpiredDays } from '../ledger/expired-days.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { estimatedRows } from '../postgres/partition-list.js'
import { type IndexedTable, lacksIndexes, readPartitionIndexes } from '../postgres/unindexed-partitions.js'
import { selectPartitions } from './day-partitions.js'
import type { TypeTable } from './detach-day.js'
import { coldFilePath } from './parquet/export-table.js'

export type PartitionState = 'attached' | 'default' | 'detached' | 'exported' | 'dropped'

/** One line of `sluice partitions`: a partition, or rows of a day that left the table. */
export interface PartitionReport {
  readonly logType: string
  /** UTC, ISO date; null for the default partition, and for one that is not of one day. */
  readonly day: string | null
  readonly state: PartitionState
  /** Schema and table; null when there is none any more. */
  readonly table: string | null
  /** Of a table PostgreSQL's estimate, null before its first ANALYZE; of what is exported or dropped the count. */
  readonly rows: number | null
  readonly rowsAreEstimated: boolean
  /** Of the rows; null where there is no table. */
  readonly tableBytes: number | null
  readonly indexBytes: number | null
  /** Has every index that its type declares; null where that is not asked of it. */
  readonly indexed: boolean | null
  readonly file: { readonly path: string; readonly bytes: number; readonly sha256: string } | null
}

interface TableSize {
  readonly rows: number | null
  readonly tableBytes: number
  readonly indexBytes: number
}

/** Type by type, the days in order. `declared`: what indexes are expected of which table. */
export async function readPartitions(
  pool: pg.Pool,
  types: readonly TypeTable[],
  declared: readonly IndexedTable[],
): Promise<PartitionReport[]> {
  const lacking = new Set(
    (await readPartitionIndexes(pool, declared)).filter(lacksIndexes).map(({ oid }) => oid),
  )
  const reports: PartitionReport[] = []
  for (const { logType, table } of types) {
    const partitions = await selectPartitions(pool, table)
    const sizes = await selectSizes(
      pool,
      partitions.map(({ oid }) => oid),
    )
    const hasDeclaration = declared.some((one) => one.table === table)
    for (const { oid, schema, name, day, isDefault } of partitions) {
      const size = sizes.get(oid)
      // Gone meanwhile.
      if (size === undefined) continue
      reports.push({
        ...{ logType, day, state: isDefault ? 'default' : 'attached', table: `${schema}.${name}` },
        ...{
          ...size,
          rowsAreEstimated: true,
          indexed: hasDeclaration ? !lacking.has(oid) : null,
          file: null,
        },
      })
    }
    const expired = await selectExpiredDays(pool, { logType, states: ['detached', 'exported', 'dropped'] })
    for (const day of expired) reports.push(await reportExpired(pool, day))
  }
  return reports
}

async function selectSizes(pool: pg.Pool, oids: readonly number[]): Promise<Map<number, TableSize>> {
  const result = await pool.query<{ oid: number; rows: number | null; table: string; indexes: string }>(
    `SELECT c.oid, pg_table_size(c.oid) AS "table", pg_indexes_size(c.oid) AS indexes,
            ${estimatedRows('c')} AS rows
       FROM pg_class c WHERE c.oid = ANY ($1::oid[])`,
    [oids],
  )
  return new Map(
    result.rows.map(({ oid, rows, table, indexes }) => [
      oid,
      { rows, tableBytes: Number(table), indexBytes: Number(indexes) },
    ]),
  )
}

async function reportExpired(pool: pg.Pool, expired: ExpiredDay): Promise<PartitionReport> {
  const { logType, day, state, detachedTable, rows, file } = expired
  const report = { logType, day, state: state as PartitionState, indexed: null }
  if (detachedTable === null) {
    const { bytes, sha256 } = file ?? { bytes: null, sha256: null }
    const cold = bytes === null || sha256 === null ? null : { path: coldFilePath(file!), bytes, sha256 }
    const none = { table: null, tableBytes: null, indexBytes: null }
    return { ...report, ...none, rows, rowsAreEstimated: false, file: cold }
  }
  const table = `${DETACHED_SCHEMA}.${detachedTable}`
  const found = await pool.query<{ oid: number | null }>('SELECT to_regclass($1)::oid AS oid', [
    `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable)}`,
  ])
  const oid = found.rows[0]?.oid ?? 0
  const size = (await selectSizes(pool, [oid])).get(oid) ?? { rows: null, tableBytes: 0, indexBytes: 0 }
  return { ...report, table, ...size, rowsAreEstimated: true, file: null }
}
