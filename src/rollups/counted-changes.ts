import type pg from 'pg'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { columnsOf, detachedRows } from './counted-rows.js'
import { type RollupOfTable, selectCountedRollups } from './declared-rollups.js'
import { insertCounts } from './rollup-sql.js'

/**
 * Deletes rows of a table and takes them out of its rollups, in one statement. `rows`: FROM and WHERE as
 * `public."table" AS o WHERE …`. Returns how many rows there were.
 */
export function deleteCounted(
  client: pg.PoolClient,
  table: string,
  rows: string,
  parameters: readonly unknown[],
): Promise<number> {
  const change = `DELETE FROM ${rows} RETURNING o.*`
  return changeCounted(client, table, { change, parameters }, (rollups) =>
    rollups.map((rollup) => insertCounts(rollup, 'changed', '-')),
  )
}

/** Runs an INSERT into a table, without RETURNING, and adds its rows to the rollups, in one statement. */
export function insertCounted(
  client: pg.PoolClient,
  table: string,
  insert: string,
  parameters: readonly unknown[],
): Promise<number> {
  const change = `${insert} RETURNING *`
  return changeCounted(client, table, { change, parameters }, (rollups) =>
    rollups.map((rollup) => insertCounts(rollup, 'changed')),
  )
}

/**
 * Runs an UPDATE of the table or a partition as `p`, without RETURNING, that gives values to a column that was NULL in
 * all of its rows, and moves them from NULL to their values in the rollups that go by this column. Returns how many rows
 * there were.
 */
export function fillCounted(
  client: pg.PoolClient,
  table: string,
  column: { readonly name: string; readonly type: string },
  { update, parameters }: { readonly update: string; readonly parameters: readonly unknown[] },
): Promise<number> {
  const change = `${update} RETURNING p.*`
  return changeCounted(client, table, { change, parameters }, (rollups) => {
    const goesByIt = ({ keys, where }: RollupOfTable) =>
      [...keys, ...Object.keys(where)].includes(column.name)
    if (!rollups.some(goesByIt)) return []
    // The rows per hour stay what they were, but say which hours have parts to be added up.
    const concerned = rollups.filter((rollup) => goesByIt(rollup) || rollup.keys.length === 0)
    return concerned.flatMap((rollup) => {
      const before = columnsOf(rollup, (name) =>
        name === column.name ? `NULL::${column.type}` : quoteIdentifier(name),
      )
      return [
        insertCounts(rollup, `(SELECT ${before.join(', ')} FROM changed) AS before`, '-'),
        insertCounts(rollup, 'changed'),
      ]
    })
  })
}

/** Takes the rows of a detached table out of the rollups, for the transaction that drops it and has locked the expiry. */
export async function uncountDetached(
  client: pg.PoolClient,
  table: string,
  detachedTable: string,
): Promise<void> {
  for (const rollup of await selectCountedRollups(client, table)) {
    const rows = await detachedRows(client, rollup, detachedTable)
    await client.query(insertCounts(rollup, `(${rows}) AS gone`, '-'))
  }
}

/** As every write to the table does, but before it is read what to count, and for who writes to a partition. */
export async function lockAsWriter(client: pg.PoolClient, table: string): Promise<void> {
  await client.query(`LOCK TABLE ONLY public.${quoteIdentifier(table)} IN ROW EXCLUSIVE MODE`)
}

async function changeCounted(
  client: pg.PoolClient,
  table: string,
  { change, parameters }: { readonly change: string; readonly parameters: readonly unknown[] },
  countsOf: (rollups: readonly RollupOfTable[]) => readonly string[],
): Promise<number> {
  await lockAsWriter(client, table)
  const counts = countsOf(await selectCountedRollups(client, table)).map(
    (sql, index) => `, counts_${index} AS (${sql})`,
  )
  const result = await client.query<{ rows: string }>(
    `WITH changed AS (${change}) ${counts.join('')} SELECT count(*) AS rows FROM changed`,
    [...parameters],
  )
  return Number(result.rows[0]!.rows)
}
