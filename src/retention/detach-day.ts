import type pg from 'pg'
import { DETACHED_SCHEMA, insertDetachedDay, lockExpiry, nextExpiredDayId } from '../ledger/expired-days.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import type { RetentionGoal } from '../log-types/declaration/retention-schema.js'
import { PARTITION_SCHEMA } from '../log-types/tables/ddl.js'
import { selectTableColumns } from '../log-types/tables/table-columns.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { inTransaction } from '../postgres/pool.js'
import { isLockTimeout } from '../postgres/sqlstate.js'
import { selectDayPartition } from './day-partitions.js'

/** A table of a log type; the type need not be declared any more. */
export interface TypeTable {
  readonly logType: string
  readonly table: string
}

export type DetachOutcome =
  | { readonly kind: 'detached'; readonly id: number }
  /** The table has no partition of that day, or the default partition no rows of it. */
  | { readonly kind: 'nothing-to-do' }
  /** Writers or readers did not let go in time. */
  | { readonly kind: 'postponed' }

/**
 * Longest wait for the lock on the whole table. Every writer and reader of it queues behind the wait, so it is what
 * they may wait in vain.
 */
const tableLockTimeoutMs = 500
/** Longest wait for the other locks, with the whole table locked. */
const partitionLockTimeoutMs = 100

/**
 * Takes the partition of a day out of its table and notes it in the ledger. Only catalogs are written, however many
 * rows there are: they are counted afterwards, in a table that nobody writes to.
 *
 * DETACH PARTITION CONCURRENTLY would keep nobody waiting, but PostgreSQL refuses it for a table with a default
 * partition. So the table is locked, for as long as it takes to write the catalogs, and before that at most for the
 * time that the lock is waited for. The table comes first, as for everybody; sluice.ensure_partition(), which begins
 * with the default partition, is kept out by its own lock.
 */
export function detachDay(
  pool: pg.Pool,
  { logType, table }: TypeTable,
  day: string,
  goal: RetentionGoal,
): Promise<DetachOutcome> {
  return unlessLocked(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`sluice partition ${table}`])
    const parent = `public.${quoteIdentifier(table)}`
    await client.query(`LOCK TABLE ONLY ${parent} IN ACCESS EXCLUSIVE MODE`)
    // Looked for under the lock: somebody else may have taken it meanwhile.
    const partition = await selectDayPartition(client, table, day)
    if (partition === undefined) return { kind: 'nothing-to-do' }
    await client.query(`SET LOCAL lock_timeout = ${partitionLockTimeoutMs}`)
    const child = `${quoteIdentifier(partition.schema)}.${quoteIdentifier(partition.name)}`
    await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${child}`)
    const id = await nextExpiredDayId(client)
    const detachedTable = detachedName(table, day, id)
    // New partitions of the day will have indexes of the same names, and may be detached as well.
    await renameIndexes(client, partition.oid, partition.schema, id)
    await client.query(`ALTER TABLE ${child} RENAME TO ${quoteIdentifier(detachedTable)}`)
    await client.query(
      `ALTER TABLE ${quoteIdentifier(partition.schema)}.${quoteIdentifier(detachedTable)}
         SET SCHEMA ${quoteIdentifier(DETACHED_SCHEMA)}`,
    )
    await insertDetachedDay(client, { id, logType, table, day, goal, detachedTable })
    return { kind: 'detached', id }
  })
}

/**
 * The same for rows of a day that are in the default partition: they are moved, which keeps nobody waiting but who
 * changes these rows.
 */
export function detachDefaultRows(
  pool: pg.Pool,
  { logType, table }: TypeTable,
  day: string,
  goal: RetentionGoal,
): Promise<DetachOutcome> {
  return unlessLocked(pool, async (client) => {
    const id = await nextExpiredDayId(client)
    const detachedTable = detachedName(table, day, id)
    const detached = `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable)}`
    await client.query(`CREATE TABLE ${detached} (LIKE public.${quoteIdentifier(table)} INCLUDING DEFAULTS)`)
    const columns = [...(await selectTableColumns(client, table)).keys()].map(quoteIdentifier).join(', ')
    const time = quoteIdentifier(PARTITION_KEY)
    const moved = await client.query(
      `WITH moved AS (
         DELETE FROM ${quoteIdentifier(PARTITION_SCHEMA)}.${quoteIdentifier(`${table}_default`)}
          WHERE ${time} >= $1::date::timestamp AT TIME ZONE 'UTC'
            AND ${time} < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
         RETURNING ${columns})
       INSERT INTO ${detached} (${columns}) SELECT ${columns} FROM moved`,
      [day],
    )
    if (moved.rowCount === 0) {
      await client.query(`DROP TABLE ${detached}`)
      return { kind: 'nothing-to-do' }
    }
    await insertDetachedDay(client, { id, logType, table, day, goal, detachedTable })
    return { kind: 'detached', id }
  })
}

async function unlessLocked(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<DetachOutcome>,
): Promise<DetachOutcome> {
  try {
    return await inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${tableLockTimeoutMs}`)
      await lockExpiry(client)
      return work(client)
    })
  } catch (error) {
    if (isLockTimeout(error)) return { kind: 'postponed' }
    throw error
  }
}

/** Base 36, so that the longest table name leaves room for 60 million of them. */
function detachedName(table: string, day: string, id: number): string {
  return `${table}_${day.replaceAll('-', '')}_${id.toString(36)}`
}

async function renameIndexes(client: pg.PoolClient, oid: number, schema: string, id: number): Promise<void> {
  const indexes = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = $1 ORDER BY 1`,
    [oid],
  )
  for (const [place, { name }] of indexes.rows.entries()) {
    const renamed = quoteIdentifier(`detached_${id}_${place}_idx`)
    await client.query(`ALTER INDEX ${quoteIdentifier(schema)}.${quoteIdentifier(name)} RENAME TO ${renamed}`)
  }
}
