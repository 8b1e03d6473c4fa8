import type pg from 'pg'
import { failpoint } from '../lifecycle/failpoints.js'
import { inTransaction } from '../postgres/pool.js'
import { type DeclaredRollup, selectCountedRollups } from './declared-rollups.js'
import { keyList, rollupTable } from './rollup-sql.js'

/** Held by who adds up the counts of an hour: of two, each would write the sum. And by who changes which rollups there are. */
const compactionLock = `hashtextextended('sluice rollup compaction', 0)`

/** Waits for whoever has it; until the end of the transaction. */
export const lockCompaction = `SELECT pg_advisory_xact_lock(${compactionLock})`

/** An hour of a type, and how many transactions have counted rows of it since it was added up. */
export interface SplitHour {
  /** PostgreSQL's text. */
  readonly hour: string
  readonly parts: number
}

/** The hours of a type that are in several parts, by the rollup of its rows per hour. */
export async function selectSplitHours(
  db: Pick<pg.Pool, 'query'>,
  events: DeclaredRollup,
): Promise<SplitHour[]> {
  const result = await db.query<{ hour: string; parts: number }>(
    `SELECT p.hour::text, count(*)::int AS parts FROM ${rollupTable(events.name)} AS p
      GROUP BY p.hour HAVING count(*) > 1 ORDER BY p.hour`,
  )
  return result.rows
}

/**
 * Puts the sums of these hours in the place of their parts, in all rollups of a type's table, in one transaction. What
 * commits meanwhile stays a part. Returns how many rows the tables have less; undefined when another is at it.
 */
export async function compactHours(
  pool: pg.Pool,
  table: string,
  hours: readonly string[],
): Promise<number | undefined> {
  return inTransaction(pool, async (client) => {
    const locked = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${compactionLock}) AS locked`,
    )
    if (!locked.rows[0]!.locked) return undefined
    let removed = 0
    // Under the lock: one that was dropped and declared anew meanwhile can have other keys.
    const rollups = await selectCountedRollups(client, table)
    for (const rollup of rollups) {
      const target = rollupTable(rollup.name)
      const keys = keyList(rollup)
      const result = await client.query<{ removed: string }>(
        `WITH parts AS (DELETE FROM ${target} WHERE hour = ANY ($1::timestamptz[]) RETURNING *),
              sums AS (
                INSERT INTO ${target} (hour, events${keys})
                SELECT hour, sum(events)${keys} FROM parts GROUP BY hour${keys} HAVING sum(events) <> 0 ORDER BY hour
                RETURNING 1)
         SELECT (SELECT count(*) FROM parts) - (SELECT count(*) FROM sums) AS removed`,
        [hours],
      )
      removed += Number(result.rows[0]!.removed)
    }
    failpoint('indexer.rollups-compacted', rollups[0]?.logType)
    return removed
  })
}
