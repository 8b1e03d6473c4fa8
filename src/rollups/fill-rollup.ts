import type pg from 'pg'
import { holdDays, releaseDays } from '../ledger/expired-days.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { selectCountedRows } from './counted-rows.js'
import type { RollupOfTable } from './declared-rollups.js'
import { createRollupSql, createViewSql, insertCounts, rollupTable } from './rollup-sql.js'
import { withRowsLocked } from './rows-lock.js'

/**
 * Declares a rollup and counts the rows that are there already, each row once while indexers write:
 *
 *   0  days stay where they are, until the end
 *   1  the type's table is locked against writers; whoever wrote to it has committed
 *   2  a second transaction takes its snapshot: exactly the rows that no indexer counts for this rollup
 *   3  the rollup is entered in sluice.rollups, and the lock let go: indexers count what they write from here on
 *   4  the second transaction counts the rows of its snapshot, however long that takes, and enters that it did
 *
 * Interrupted in 1 to 3, nothing has happened. In 4, the rollup is not filled and has no view, and filling it again
 * counts everything anew; so it does for one that is filled. `pool` should not bound how long a statement takes.
 * @throws SluiceError SLUICE_POSTGRES_UNREACHABLE
 */
export async function fillRollup(pool: pg.Pool, rollup: RollupOfTable): Promise<void> {
  const counter = await pool.connect()
  let isFinished = false
  try {
    await holdDays(counter)
    await withRowsLocked(pool, rollup.table, async (gate) => {
      // Again for each try: a snapshot of an earlier one would be too old.
      await counter.query('ROLLBACK')
      await counter.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await counter.query(`SELECT FROM public.${quoteIdentifier(rollup.table)} LIMIT 0`)
      await enter(gate, rollup)
    })
    await counter.query(`${insertCounts(rollup, await selectCountedRows(counter, rollup))} ORDER BY 1`)
    if (rollup.keys.length > 0) await counter.query(createViewSql(rollup))
    await counter.query('INSERT INTO sluice.filled_rollups (name) VALUES ($1)', [rollup.name])
    await counter.query('COMMIT')
    await releaseDays(counter)
    isFinished = true
  } finally {
    counter.release(!isFinished)
  }
}

/** From the COMMIT on it is counted; what it has of rows that are counted anew is gone. */
async function enter(gate: pg.PoolClient, rollup: RollupOfTable): Promise<void> {
  const { logType, table, name, keys, where } = rollup
  const entered = await gate.query(
    `INSERT INTO sluice.rollups (log_type, name, key_columns, conditions) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO NOTHING`,
    [logType, name, keys, JSON.stringify(where)],
  )
  if (entered.rowCount === 1) {
    await gate.query(createRollupSql(table, rollup))
    return
  }
  await gate.query(`DELETE FROM ${rollupTable(name)} `)
  await gate.query('DELETE FROM sluice.filled_rollups WHERE name = $1', [name])
  if (keys.length > 0) await gate.query(`DROP VIEW IF EXISTS public.${quoteIdentifier(name)}`)
}

/** Ends a rollup: its table and view go, and nobody counts for it any more. Its declaration would make it again. */
export function dropRollup(pool: pg.Pool, { table, name }: RollupOfTable): Promise<void> {
  return withRowsLocked(pool, table, async (client) => {
    await client.query('DELETE FROM sluice.rollups WHERE name = $1', [name])
    await client.query('DELETE FROM sluice.filled_rollups WHERE name = $1', [name])
    await client.query(`DROP VIEW IF EXISTS public.${quoteIdentifier(name)}`)
    await client.query(`DROP TABLE ${rollupTable(name)}`)
  })
}
