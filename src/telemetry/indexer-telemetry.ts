import type { BatchIdentity } from './batch-identity.js'
import type { deadLetterReasons } from './metrics-table.js'
import {
  createOutageTelemetry,
  type StageTelemetryOptions,
  type WorkerTelemetry,
} from './outage-telemetry.js'
import { classifyPostgresError } from './postgres-error-class.js'
import { createRepeatedLog } from './repeated-log.js'

export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** A batch that a transaction brought: `rows` and `deadLetters` lines of it. */
export interface CommittedBatch extends BatchIdentity {
  readonly rows: number
  readonly deadLetters: number
  /** From reading its chunk to this commit. */
  readonly readToCommitSeconds: number
}

/** What the indexer tells. Each event logs and counts; the indexer does neither by hand. */
export interface IndexerTelemetry extends WorkerTelemetry {
  /** Batches were read from a stream. */
  batchesRead(event: { logType: string; batches: number }): void
  /** Batches were taken over from a consumer that had been silent for too long. */
  claimed(event: { logType: string; batches: number }): void
  /** Entries that were delivered once and pending with nobody are out of the stream now. */
  orphansRemoved(event: { logType: string; entries: number }): void
  /** A transaction is committed. Once for each log type in it; the durations with one of them only. */
  transactionCommitted(event: {
    logType: string
    /** What was new to the ledger. */
    committed: readonly CommittedBatch[]
    rows: number
    deadLetters: Readonly<Partial<Record<DeadLetterReason, number>>>
    /** Rows that the rollups took. */
    rollupRows?: number | undefined
    transactionSeconds?: number | undefined
    copySeconds?: number | undefined
    /** The newest event among the rows, in milliseconds since 1970. */
    newestEventMs?: number | undefined
  }): void
  /** Batches are acknowledged and out of the stream. */
  acknowledged(event: { batches: number; seconds: number }): void
  /** The ledger knows the batch already; it was acknowledged and dropped. */
  duplicateBatch(event: BatchIdentity & { entryId: string }): void
  /** The ledger does not know the chunk (PostgreSQL was restored); the batch was acknowledged and dropped. */
  staleBatch(event: BatchIdentity & { entryId: string }): void
  /** An entry could not be opened and is in the dead stream now; which batch it was is told if that can be read. */
  entrySetAside(event: Partial<BatchIdentity> & { logType: string; entryId: string; reason: string }): void
  /** A transaction failed for a reason that no data is to blame for, and is tried again. */
  transactionRetried(): void
  /** Transactions that were silent in the middle of a COPY and held a lock were ended. */
  silentCopiesEnded(event: { sessions: number }): void
  /** PostgreSQL refused a value somewhere in these batches; the row is searched for by halving them. */
  transactionBisected(event: { logType: string; sqlstate: string; batches: number }): void
  /** The row that PostgreSQL refused was found and becomes a dead letter. */
  rowRefused(event: BatchIdentity & { sqlstate: string; lineOffset: number | bigint }): void
  /** Partitions of the type were looked at: so many lack an index that is declared, with so many bytes of rows. */
  indexesLacking(event: { logType: string; partitions: number; bytes: number }): void
  /** A partition has all its indexes now. */
  indexesBuilt(event: {
    logType: string
    partition: string
    indexes: number
    /** Of the partition's rows. */
    bytes: number
    seconds: number
    how: 'at-once' | 'concurrently'
  }): void
  /** Others did not let go of the partition in time; it is tried again. */
  indexBuildPostponed(event: { logType: string; partition: string; retryInMs: number }): void
  /** A build failed and is tried again, ever more rarely. `sqlstate` is 'connection' where the server gave none. */
  indexBuildFailed(event: {
    logType: string
    partition: string
    sqlstate: string
    error: unknown
    retryInMs: number
  }): void
  /** Rows of a day left their table, as the retention of their type asks. */
  dayExpired(event: {
    logType: string
    day: string
    goal: 'drop' | 'detach' | 'export'
    rows: number
    seconds: number
  }): void
  /** Others did not let go of the table in time, or the ledger is being proved; it is tried again. */
  expiryPostponed(event: { logType: string; day: string }): void
  /** A day could not be expired and is tried again; its rows are in its table, or in a detached one. */
  expiryFailed(event: { logType: string; day: string; error: unknown }): void
  /** Rollups were looked at: so many hours of the type are in several parts. */
  rollupHoursSplit(event: { logType: string; hours: number }): void
  /** Parts of hours were added up; the rollups have so many rows less. */
  rollupsCompacted(event: { logType: string; hours: number; rows: number }): void
}

/** How far ahead an event may be and still count as the newest one; clocks differ, but not by more. */
const maxAheadMs = 3_600_000

export function createIndexerTelemetry(options: StageTelemetryOptions): IndexerTelemetry {
  const { metrics, logger, now = Date.now } = options
  const repeated = createRepeatedLog({ logger, now })
  const outages = createOutageTelemetry('indexer', options, repeated)
  let newestMs = Number.NEGATIVE_INFINITY

  return {
    ...outages,
    postgresOutage(event) {
      metrics.indexerPostgresErrors.add(1, classifyPostgresError(event.sqlstate))
      outages.postgresOutage(event)
    },
    batchesRead({ logType, batches }) {
      metrics.deliveries.add(batches, 'indexer', logType)
    },
    claimed(event) {
      metrics.deliveries.add(event.batches, 'indexer', event.logType)
      metrics.claims.add(event.batches, 'indexer', event.logType)
      repeated.write('info', event, 'Batches of a silent indexer were taken over.', event.logType)
    },
    orphansRemoved(event) {
      metrics.orphansRemoved.add(event.entries, 'indexer', event.logType)
      repeated.write(
        'warn',
        event,
        'Entries that were delivered and pending with nobody were removed; what the ledger lacks is published again.',
        event.logType,
      )
    },
    transactionCommitted(event) {
      const { logType, transactionSeconds, copySeconds, newestEventMs } = event
      metrics.indexerBatches.add(event.committed.length, logType, 'committed')
      metrics.indexerRows.add(event.rows, logType)
      if (event.rollupRows !== undefined) metrics.rollupRows.add(event.rollupRows, logType)
      for (const [reason, lines] of typedEntries(event.deadLetters)) {
        if (lines !== undefined) metrics.indexerDeadLetters.add(lines, logType, reason)
      }
      if (copySeconds !== undefined) metrics.stageDuration.observe(copySeconds, 'indexer', 'copy')
      if (transactionSeconds !== undefined) {
        metrics.indexerTransactions.add(1, 'committed')
        metrics.stageDuration.observe(transactionSeconds, 'indexer', 'transaction')
      }
      for (const batch of event.committed) {
        metrics.readToCommit.observe(Math.max(0, batch.readToCommitSeconds))
        logger.debug(batch, 'A batch was committed.')
      }
      if (newestEventMs !== undefined && newestEventMs > newestMs && newestEventMs <= now() + maxAheadMs) {
        newestMs = newestEventMs
        metrics.indexerLastEventTime.set(newestMs / 1000)
      }
      logger.debug({ ...event, committed: event.committed.length }, 'A transaction was committed.')
    },
    acknowledged({ seconds }) {
      metrics.stageDuration.observe(seconds, 'indexer', 'acknowledge')
    },
    duplicateBatch(event) {
      metrics.indexerBatches.add(1, event.logType, 'duplicate')
      logger.debug(event, 'A batch was dropped, since it is in the ledger already.')
    },
    staleBatch(event) {
      metrics.indexerBatches.add(1, event.logType, 'stale')
      repeated.write('info', event, 'A batch was dropped, since the ledger does not know its chunk.')
    },
    entrySetAside(event) {
      metrics.entriesSetAside.add(1, event.logType)
      repeated.write('warn', event, 'An entry could not be opened and was set aside.', event.logType)
    },
    transactionRetried() {
      metrics.indexerTransactions.add(1, 'retried')
    },
    silentCopiesEnded(event) {
      repeated.write('warn', event, 'Transactions of a silent indexer held a lock and were ended.')
    },
    transactionBisected(event) {
      metrics.indexerTransactions.add(1, 'bisected')
      metrics.indexerPostgresErrors.add(1, classifyPostgresError(event.sqlstate))
      repeated.write(
        'info',
        event,
        'PostgreSQL refused a value; the row is being searched for.',
        event.logType,
      )
    },
    rowRefused(event) {
      const { lineOffset, ...others } = event
      repeated.write(
        'warn',
        { ...others, lineOffset: Number(lineOffset) },
        'PostgreSQL refused a row; its line becomes a dead letter.',
        event.logType,
      )
    },
    indexesLacking({ logType, partitions, bytes }) {
      metrics.unindexedPartitions.set(partitions, logType)
      metrics.unindexedBytes.set(bytes, logType)
    },
    indexesBuilt({ logType, partition, indexes, bytes, seconds, how }) {
      metrics.indexBuilds.add(1, logType, 'built')
      metrics.indexBuildSeconds.observe(seconds)
      logger.debug({ logType, partition, indexes, bytes, seconds, how }, 'Indexes of a partition were built.')
    },
    indexBuildPostponed(event) {
      metrics.indexBuilds.add(1, event.logType, 'postponed')
      logger.debug(event, 'A partition is in use; its indexes are built later.')
    },
    indexBuildFailed({ logType, partition, sqlstate, error, retryInMs }) {
      metrics.indexBuilds.add(1, logType, 'failed')
      metrics.indexerPostgresErrors.add(1, classifyPostgresError(sqlstate))
      repeated.write(
        'error',
        { logType, partition, sqlstate, error, retryInMs },
        'The indexes of a partition could not be built. Its queries are slow until they are; no row is concerned.',
        logType,
      )
    },
    dayExpired(event) {
      metrics.retentionDays.add(1, event.logType, expiredAs[event.goal])
      logger.info(event, 'A day was taken out of its table, as the retention of its log type asks.')
    },
    expiryPostponed(event) {
      metrics.retentionDays.add(1, event.logType, 'postponed')
      logger.debug(event, 'A table is in use; a day is taken out of it later.')
    },
    expiryFailed(event) {
      metrics.retentionDays.add(1, event.logType, 'failed')
      repeated.write(
        'error',
        event,
        'A day could not be expired; no row of it is lost, and it is tried again.',
        event.logType,
      )
    },
    rollupHoursSplit({ logType, hours }) {
      metrics.rollupSplitHours.set(hours, logType)
    },
    rollupsCompacted(event) {
      metrics.rollupHoursCompacted.add(event.hours, event.logType)
      logger.debug(event, 'Hours of rollups were added up.')
    },
  }
}

const expiredAs = { drop: 'dropped', detach: 'detached', export: 'exported' } as const

function typedEntries<Key extends string, Value>(
  record: Readonly<Partial<Record<Key, Value>>>,
): [Key, Value | undefined][] {
  return Object.entries(record) as [Key, Value | undefined][]
}
