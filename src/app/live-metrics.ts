import type pg from 'pg'
import type { LogType } from '../log-types/log-type.js'
import { estimatedRows } from '../postgres/partition-list.js'
import { readBacklog } from '../streams/backlog.js'
import { readMemory } from '../streams/client.js'
import { parsersGroup, type TypeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { Telemetry } from '../telemetry/telemetry.js'

export interface LiveMetricsOptions {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly keys: readonly TypeKeys[]
  readonly types: readonly LogType[]
}

/** Has what is only worth reading when somebody asks read at every scrape; what cannot be read is absent then. */
export function collectLiveMetrics(telemetry: Telemetry, options: LiveMetricsOptions): void {
  // First: what the others ask PostgreSQL for the scrape would look like work that waits for a connection.
  telemetry.onScrape(async (live) => {
    const { totalCount, idleCount, waitingCount } = options.pool
    live.postgresConnections.set(totalCount - idleCount, 'busy')
    live.postgresConnections.set(idleCount, 'idle')
    live.postgresConnections.set(waitingCount, 'waited_for')
  })
  collectStreams(telemetry, options)
  collectRedisMemory(telemetry, options)
  collectPartitions(telemetry, options)
}

function collectStreams(telemetry: Telemetry, { redis, keys }: LiveMetricsOptions): void {
  telemetry.onScrape(async (live) => {
    const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
    for (const backlog of await Promise.all(keys.map((type) => readBacklog(redis, type)))) {
      const { logType } = backlog
      for (const stream of ['raw', 'rows'] as const) {
        const { entries, group, pending, lag, oldestEntryMs, oldestPendingMs } = backlog[stream]
        const groupLabel = group === parsersGroup ? 'parsers' : 'indexers'
        live.streamEntries.set(entries, logType, stream)
        live.streamOldestEntry.set(seconds(oldestEntryMs), logType, stream)
        live.streamPending.set(pending, logType, groupLabel)
        live.streamOldestPending.set(seconds(oldestPendingMs), logType, groupLabel)
        live.streamLag.set(lag, logType, groupLabel)
      }
      live.streamEntries.set(backlog.deadEntries, logType, 'dead')
      live.streamBytes.set(backlog.bytes, logType)
    }
  })
}

function collectRedisMemory(telemetry: Telemetry, { redis }: LiveMetricsOptions): void {
  telemetry.onScrape(async (live) => {
    const { usedBytes, maxBytes } = await readMemory(redis)
    live.redisMemoryUsed.set(usedBytes)
    live.redisMemoryMax.set(maxBytes)
  })
}

function collectPartitions(telemetry: Telemetry, { pool, types }: LiveMetricsOptions): void {
  telemetry.onScrape(async (live) => {
    const result = await pool.query<{
      table: string
      partitions: number
      default_bytes: string
      default_rows: number | null
    }>(
      `SELECT parent.relname AS table, count(*)::int AS partitions,
              coalesce(sum(pg_relation_size(part.oid)) FILTER (WHERE is_default), 0) AS default_bytes,
              max(${estimatedRows('part')}) FILTER (WHERE is_default) AS default_rows
         FROM pg_inherits
         JOIN pg_class parent ON parent.oid = inhparent
         JOIN pg_class part ON part.oid = inhrelid
        CROSS JOIN LATERAL (SELECT part.relname = parent.relname || '_default' AS is_default) named
        WHERE parent.relnamespace = 'public'::regnamespace AND parent.relname = ANY($1)
        GROUP BY parent.relname`,
      [types.map((type) => type.table)],
    )
    const found = new Map(result.rows.map((row) => [row.table, row]))
    for (const { name, table } of types) {
      const row = found.get(table)
      live.partitions.set(row?.partitions, name)
      live.defaultPartitionBytes.set(row === undefined ? undefined : Number(row.default_bytes), name)
      live.defaultPartitionRows.set(row?.default_rows ?? undefined, name)
    }
  })
}
