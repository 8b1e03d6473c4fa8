import type pg from 'pg'
import type { LogType } from '../log-types/log-type.js'
import { readPartitionIndexes, sumUnindexed, type UnindexedRows } from '../postgres/unindexed-partitions.js'

export interface LedgerStatus {
  readonly sources: number
  readonly recordedBytes: number
  /** Bytes that were seen and are not recorded yet. */
  readonly unreadBytes: number
  readonly chunks: number
  readonly incompleteChunks: number
  /** Lines of incomplete chunks that are in no batch of the ledger. */
  readonly linesInFlight: number
  /** Incomplete chunks that were published again at least this often without arriving. */
  readonly stuckChunks: number
  readonly oldestIncompleteSeconds: number | null
  readonly lastCommittedAt: string | null
  readonly deadLetters: ReadonlyArray<{ logType: string; reason: string; lines: number }>
}

/** Where the ledger stands; reads the ledger's own tables and not the rows, so that it is quick. */
export async function readLedgerStatus(pool: pg.Pool, stuckFrom: number): Promise<LedgerStatus> {
  const [sources, chunks, batches, dead] = await Promise.all([
    pool.query<{ sources: string; recorded: string; unread: string }>(
      `SELECT count(*) AS sources, coalesce(sum(recorded_bytes), 0) AS recorded,
              coalesce(sum(greatest(size_bytes - recorded_bytes, 0)), 0) AS unread
         FROM sluice.sources`,
    ),
    pool.query<{ chunks: string; incomplete: string; stuck: string; lines: string; oldest: number | null }>(
      `WITH incomplete AS (
         SELECT c.lines - coalesce(sum(b.lines), 0) AS lines, c.recorded_at, c.publishings_again
           FROM sluice.chunks c LEFT JOIN sluice.batches b USING (chunk_id)
          WHERE c.completed_at IS NULL GROUP BY c.chunk_id)
       SELECT (SELECT count(*) FROM sluice.chunks) AS chunks,
              count(*) FILTER (WHERE lines > 0) AS incomplete,
              count(*) FILTER (WHERE lines > 0 AND publishings_again >= $1) AS stuck,
              coalesce(sum(lines), 0) AS lines,
              extract(epoch FROM now() - min(recorded_at) FILTER (WHERE lines > 0))::float8 AS oldest
         FROM incomplete`,
      [stuckFrom],
    ),
    pool.query<{ last: Date | null }>('SELECT max(committed_at) AS last FROM sluice.batches'),
    pool.query<{ log_type: string; reason: string; lines: string }>(
      `SELECT log_type, reason, count(*) AS lines FROM sluice.dead_letters
        GROUP BY log_type, reason ORDER BY count(*) DESC, log_type, reason`,
    ),
  ])
  const source = sources.rows[0]!
  const chunk = chunks.rows[0]!
  return {
    sources: Number(source.sources),
    recordedBytes: Number(source.recorded),
    unreadBytes: Number(source.unread),
    chunks: Number(chunk.chunks),
    incompleteChunks: Number(chunk.incomplete),
    linesInFlight: Number(chunk.lines),
    stuckChunks: Number(chunk.stuck),
    oldestIncompleteSeconds: chunk.oldest,
    lastCommittedAt: batches.rows[0]?.last?.toISOString() ?? null,
    deadLetters: dead.rows.map((row) => ({
      logType: row.log_type,
      reason: row.reason,
      lines: Number(row.lines),
    })),
  }
}

export interface IndexStatus extends UnindexedRows {
  readonly logType: string
}

/** What of each type is not indexed yet; reads catalogs and not the rows. */
export async function readIndexStatus(pool: pg.Pool, types: readonly LogType[]): Promise<IndexStatus[]> {
  const partitions = await readPartitionIndexes(pool, types)
  return types.map(({ name, table }) => ({ logType: name, ...sumUnindexed(partitions, table) }))
}
