import type pg from 'pg'
import { holdDays, releaseDays } from '../ledger/expired-days.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { selectCountedRows } from './counted-rows.js'
import type { RollupOfTable } from './declared-rollups.js'
import { createRollupSql, createViewSql, insertDifferences, rollupTable } from './rollup-sql.js'
import { withRowsLocked } from './rows-lock.js'

/**
 * Declares a rollup, if it is not yet, and counts the rows that are there already, each row once while indexers write:
 *
 *   0  nobody else fills or drops it, and days stay where they are, until the end
 *   1  the type's table is locked against writers; whoever wrote to it has committed
 *   2  a second transaction takes its snapshot: exactly the rows that no indexer counts for this rollup
 *   3  the rollup is entered in sluice.rollups, and the lock let go: indexers count what they write from here on
 *   4  the second transaction counts the rows of its snapshot, however long that takes, adds what the rollup lacks of
 *      them or has too much, and enters that it did
 *
 * Interrupted in 1 to 3, nothing has happened. In 4, a rollup that was not filled is not, and has no view; one that was
 * is as before. One that is entered goes on with 4: every snapshot has a transaction's rows and their counts, or neither.
 * `pool` should not bound how long a statement takes.
 * @throws SluiceError SLUICE_TABLE_LOCKED
 */
export function fillRollup(pool: pg.Pool, rollup: RollupOfTable): Promise<void> {
  const { name, table, keys } = rollup
  return withRollupHeld(pool, name, async (counter) => {
    const begin = async () => {
      // Again for each try: a snapshot of an earlier one would be too old.
      await counter.query('ROLLBACK')
      await counter.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await counter.query(`SELECT FROM public.${quoteIdentifier(table)} LIMIT 0`)
    }
    const entered = await counter.query('SELECT FROM sluice.rollups WHERE name = $1', [name])
    if (entered.rowCount === 1) await begin()
    else {
      await withRowsLocked(pool, table, async (gate) => {
        await begin()
        await enter(gate, rollup)
      })
    }
    await counter.query(insertDifferences(rollup, await selectCountedRows(counter, rollup)))
    // One that is there has its readers and rights.
    const view = await counter.query<{ isMissing: boolean }>(
      'SELECT to_regclass($1) IS NULL AS "isMissing"',
      [`public.${quoteIdentifier(name)}`],
    )
    if (keys.length > 0 && view.rows[0]!.isMissing) await counter.query(createViewSql(rollup))
    await counter.query(
      `INSERT INTO sluice.filled_rollups (name) VALUES ($1)
       ON CONFLICT (name) DO UPDATE SET filled_at = excluded.filled_at`,
      [name],
    )
    await counter.query('COMMIT')
  })
}

/** From the COMMIT on it is counted. */
async function enter(gate: pg.PoolClient, rollup: RollupOfTable): Promise<void> {
  const { logType, table, name, keys, where } = rollup
  await gate.query(
    'INSERT INTO sluice.rollups (log_type, name, key_columns, conditions) VALUES ($1, $2, $3, $4)',
    [logType, name, keys, JSON.stringify(where)],
  )
  await gate.query(createRollupSql(table, rollup))
}

/**
 * Ends a rollup: its table and view go, and nobody counts for it any more. Its declaration would make it again.
 * @throws SluiceError SLUICE_TABLE_LOCKED
 */
export function dropRollup(pool: pg.Pool, { table, name }: RollupOfTable): Promise<void> {
  return withRollupHeld(pool, name, () =>
    withRowsLocked(pool, table, async (client) => {
      await client.query('DELETE FROM sluice.rollups WHERE name = $1', [name])
      await client.query('DELETE FROM sluice.filled_rollups WHERE name = $1', [name])
      await client.query(`DROP VIEW IF EXISTS public.${quoteIdentifier(name)}`)
      await client.query(`DROP TABLE IF EXISTS ${rollupTable(name)}`)
    }),
  )
}

/** Works while nobody else fills or drops this rollup, which would count rows twice, and no rows of days leave or come. */
async function withRollupHeld(
  pool: pg.Pool,
  name: string,
  work: (session: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const session = await pool.connect()
  let isFinished = false
  try {
    // A server that counts for a process which is gone would keep the locks until it has counted. Not every platform can.
    await session.query(`SET client_connection_check_interval = '5s'`).catch(() => {})
    const lock = `hashtextextended('sluice rollup ' || $1, 0)`
    await session.query(`SELECT pg_advisory_lock(${lock})`, [name])
    await holdDays(session)
    await work(session)
    await releaseDays(session)
    await session.query(`SELECT pg_advisory_unlock(${lock})`, [name])
    isFinished = true
  } finally {
    session.release(!isFinished)
  }
}
