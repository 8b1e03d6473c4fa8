import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { sleep } from '../lifecycle/sleep.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { inTransaction } from '../postgres/pool.js'
import { isLockTimeout } from '../postgres/sqlstate.js'
import { lockCompaction } from './compact-hours.js'

/** Writers wait for this long at most behind a wait for the lock, which is tried again after a pause. */
const lockTimeoutMs = 500
const pauseMs = 500
/** An indexer lets go after each transaction; who does not for so long is none. */
const giveUpAfterMs = 120_000

/**
 * Runs work in a transaction while nobody writes rows of a table and nobody adds up its rollups: whoever did has
 * committed, whoever wants to waits for the COMMIT. So work must be quick. Nothing else than work may be in it.
 * @throws SluiceError SLUICE_TABLE_LOCKED when someone keeps the table for two minutes
 */
export async function withRowsLocked(
  pool: pg.Pool,
  table: string,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const beganMs = performance.now()
  for (;;) {
    try {
      return await inTransaction(pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
        await client.query(lockCompaction)
        // Whoever writes to a partition has locked the table.
        await client.query(`LOCK TABLE ONLY public.${quoteIdentifier(table)} IN SHARE MODE`)
        await work(client)
      })
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (performance.now() - beganMs > giveUpAfterMs) {
        throw new SluiceError('SLUICE_TABLE_LOCKED', `table ${table} is in use all the time`, {
          expected: 'a moment in which no transaction writes to it',
          got: 'one that keeps it',
          hint: 'Find it in pg_stat_activity and pg_locks, then run the same command again.',
          cause: error,
        })
      }
      await sleep(pauseMs)
    }
  }
}
