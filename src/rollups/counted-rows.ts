import type pg from 'pg'
import { DETACHED_SCHEMA, selectExpiredDays } from '../ledger/expired-days.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import type { Rollup } from '../log-types/declaration/rollup.js'
import { selectTableColumns } from '../log-types/tables/table-columns.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import type { RollupOfTable } from './declared-rollups.js'

type Queryable = Pick<pg.Pool, 'query'>

/**
 * All rows that a rollup counts, for FROM: those of the type's table and those of its detached days, which are in the
 * database until they are dropped. The days have to be held (holdDays) from before until the rows are read.
 */
export async function selectCountedRows(db: Queryable, rollup: RollupOfTable): Promise<string> {
  const { table, logType } = rollup
  const detached = await selectExpiredDays(db, { logType, states: ['detached'] })
  const parts = [`SELECT ${columnsOf(rollup).join(', ')} FROM public.${quoteIdentifier(table)}`]
  for (const { detachedTable } of detached) parts.push(await detachedRows(db, rollup, detachedTable!))
  return `(${parts.join(' UNION ALL ')}) AS counted`
}

/** SELECT of what the rollup needs of a detached table, which lacks the columns that its type got later. */
export async function detachedRows(
  db: Queryable,
  rollup: RollupOfTable,
  detachedTable: string,
): Promise<string> {
  const types = await selectTableColumns(db, rollup.table)
  const present = await selectTableColumns(db, detachedTable, DETACHED_SCHEMA)
  const columns = columnsOf(rollup, (name) =>
    present.has(name) ? quoteIdentifier(name) : `NULL::${types.get(name)!.type}`,
  )
  return `SELECT ${columns.join(', ')} FROM ${DETACHED_SCHEMA}.${quoteIdentifier(detachedTable)}`
}

/** The columns that a rollup reads, each as `expression AS name`. */
export function columnsOf(
  { keys, where }: Rollup,
  expressionOf: (name: string) => string = quoteIdentifier,
): string[] {
  const names = new Set([PARTITION_KEY, ...keys, ...Object.keys(where)])
  return [...names].map((name) => `${expressionOf(name)} AS ${quoteIdentifier(name)}`)
}
