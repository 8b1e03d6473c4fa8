import type pg from 'pg'
import { indexName } from '../log-types/tables/index-names.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { withSessionLock } from '../postgres/session-lock.js'
import { classifyFailure, isLockTimeout } from '../postgres/sqlstate.js'
import {
  type IndexedTable,
  type PartitionIndexes,
  readPartitionIndexes,
} from '../postgres/unindexed-partitions.js'
import type { HowToBuild } from './index-decision.js'

export interface BuildOptions {
  /** Its sessions have no statement timeout: a build takes as long as the rows are many. */
  readonly pool: pg.Pool
  readonly tables: readonly IndexedTable[]
  /**
   * How long a build waits for writers in flight. New writers of the partition queue behind the wait, so it is what
   * they may wait in vain.
   */
  readonly lockTimeoutMs: number
}

export type BuildOutcome =
  | { readonly kind: 'built'; readonly indexes: number; readonly seconds: number }
  /** Somebody else builds, or has built, or the partition is gone. */
  | { readonly kind: 'nothing-to-do' }
  /** Writers or readers did not let go of the partition in time. */
  | { readonly kind: 'postponed' }
  | { readonly kind: 'failed'; readonly sqlstate: string; readonly error: unknown }

/**
 * Longest wait of a concurrent build for transactions that are older than it. Nobody queues behind it, but the other
 * partitions wait for their turn.
 */
const concurrentLockTimeoutMs = 60_000

/** What two sorts of a partition of the usual size take in memory. Where the server allows more, that holds. */
const leastSortMemoryBytes = 64 * 1024 * 1024

/**
 * Builds the indexes that a partition lacks, all in one transaction, and never throws: one partition that cannot be
 * indexed is no reason not to index the next.
 *
 * CREATE INDEX waits for a SHARE lock on the partition, holding no other lock that anybody waits for, and holds it
 * until COMMIT without waiting again. So nothing that waits for a build is waited for by it: neither writers, who
 * take several partitions one after the other, nor sluice.ensure_partition(), which takes the default partition. Two
 * builds that wait can, with two writers queued behind them, be in each other's way crosswise; the lock timeout, or
 * before it PostgreSQL's reordering of the queues, ends that.
 *
 * A concurrent build holds a lock that keeps no writer waiting, while it waits for older transactions. Of these only
 * sluice.ensure_partition() may wait for that lock, and no longer than its own lock timeout.
 *
 * A session lock keeps two processes from building the same; it ends with the server's side of the connection, so
 * not before a build whose client was killed.
 */
export async function buildIndexes(
  options: BuildOptions,
  partition: PartitionIndexes,
  how: HowToBuild,
): Promise<BuildOutcome> {
  const began = performance.now()
  try {
    const indexes = await withSessionLock(options.pool, `sluice indexes ${partition.oid}`, (client) =>
      buildMissing(client, options, partition, how),
    )
    if (indexes === undefined || indexes === 0) return { kind: 'nothing-to-do' }
    return { kind: 'built', indexes, seconds: (performance.now() - began) / 1000 }
  } catch (error) {
    if (isLockTimeout(error)) return { kind: 'postponed' }
    return { kind: 'failed', sqlstate: classifyFailure(error).sqlstate, error }
  }
}

async function buildMissing(
  client: pg.PoolClient,
  { tables, lockTimeoutMs }: BuildOptions,
  { oid, table, schema, name }: PartitionIndexes,
  how: HowToBuild,
): Promise<number> {
  // Parallel workers are left to queries; a build is one process more than the load has anyway.
  await client.query(
    `SET statement_timeout = 0; SET max_parallel_maintenance_workers = 0;
     SET lock_timeout = ${concurrentLockTimeoutMs};
     SELECT set_config('maintenance_work_mem',
       greatest(pg_size_bytes(current_setting('maintenance_work_mem')), ${leastSortMemoryBytes}) / 1024 || 'kB', false)`,
  )
  // Looked at again under the session lock: somebody else may have built them meanwhile.
  const declared = tables.filter((candidate) => candidate.table === table)
  const [now] = await readPartitionIndexes(client, declared, { only: oid })
  if (now === undefined || now.missing.length === 0) return 0
  const names = now.missing.map((columns) => indexName(name, columns))
  await dropLeftovers(client, oid, schema, names)
  const on = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const create = (columns: readonly string[], mode: string) =>
    `CREATE INDEX ${mode} ${quoteIdentifier(indexName(name, columns))} ON ${on}` +
    ` (${columns.map(quoteIdentifier).join(', ')})`
  if (how === 'concurrently') {
    for (const columns of now.missing) await client.query(create(columns, 'CONCURRENTLY'))
  } else {
    // One message: the server completes it even if this process is killed.
    const statements = now.missing.map((columns) => `${create(columns, '')};`)
    await client.query(`SET lock_timeout = ${lockTimeoutMs}; BEGIN; ${statements.join(' ')} COMMIT`)
  }
  return now.missing.length
}

/**
 * A concurrent build that was broken off leaves an index that writers maintain and queries do not use. One of our
 * names can only be that: the session lock says that nobody builds it now.
 */
async function dropLeftovers(
  client: pg.PoolClient,
  oid: number,
  schema: string,
  names: readonly string[],
): Promise<void> {
  const result = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = $1 AND NOT i.indisvalid AND c.relname = ANY ($2)`,
    [oid, names],
  )
  for (const { name } of result.rows) {
    await client.query(`DROP INDEX CONCURRENTLY ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)
  }
}
