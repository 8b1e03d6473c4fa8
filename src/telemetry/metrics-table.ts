import { refusalReasons } from '../log-types/line/refusal.js'
import { counter, gauge, histogram, type Label, label, liveGauge } from './metric-declaration.js'
import { postgresErrorClasses } from './postgres-error-class.js'

export const allStages = ['reader', 'parser', 'indexer'] as const
export type Stage = (typeof allStages)[number]

const backpressureCauses = ['entries', 'bytes', 'redis_memory', 'outage'] as const
export type BackpressureCause = (typeof backpressureCauses)[number]

/** Why lines are set aside: nobody claims them, their type refuses them, or no parser or table takes them. */
export const deadLetterReasons = [
  'no_type',
  'empty_line',
  'oversize_line',
  ...refusalReasons,
  'poison_batch',
  'refused_by_postgres',
  'duplicate_record',
] as const

const logType: Label<string> = { name: 'log_type', values: 'log types' }
const stage = label('stage', allStages)
const consumingStage = label('stage', ['parser', 'indexer'])
const stream = label('stream', ['raw', 'rows', 'dead'])
const group = label('group', ['parsers', 'indexers'])
const cause = label('cause', backpressureCauses)
const service = label('service', ['redis', 'postgres'])

const perBatchSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const perPartitionSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
const endToEndSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600]

const batchLines = [1, 10, 100, 1000, 2500, 5000, 10_000, 25_000]
const batchBytes = [1024, 10_240, 102_400, 524_288, 1_048_576, 2_097_152, 4_194_304, 16_777_216]

/** Every metric of Sluice. What is registered, how it is counted and docs/metrics.md come from here. */
export const metricsTable = {
  readerLines: counter(
    'sluice_reader_lines_total',
    'Lines in recorded chunks, by the type that claims them.',
    {
      unit: 'lines',
      stage: 'reader',
      labels: [logType],
    },
  ),
  readerBytes: counter('sluice_reader_bytes_total', 'Bytes of files in recorded chunks, decompressed.', {
    unit: 'bytes',
    stage: 'reader',
    labels: [],
  }),
  readerChunks: counter('sluice_reader_chunks_total', 'Chunks recorded.', {
    unit: 'chunks',
    stage: 'reader',
    labels: [],
  }),
  readerBatchesPublished: counter(
    'sluice_reader_batches_published_total',
    'Batches published for the first time.',
    {
      unit: 'batches',
      stage: 'reader',
      labels: [logType],
    },
  ),
  readerBatchesRepublished: counter(
    'sluice_reader_batches_republished_total',
    'Batches published again, because they were lost on their way or it was not known whether they were.',
    { unit: 'batches', stage: 'reader', labels: [logType] },
  ),
  readerRawBytes: counter('sluice_reader_raw_bytes_total', 'Bytes of published batches before compression.', {
    unit: 'bytes',
    stage: 'reader',
    labels: [],
  }),
  readerCompressedBytes: counter(
    'sluice_reader_compressed_bytes_total',
    'Bytes of published batches after compression.',
    { unit: 'bytes', stage: 'reader', labels: [] },
  ),
  batchLines: histogram('sluice_batch_lines', 'Lines of a published batch.', {
    unit: 'lines',
    stage: 'reader',
    labels: [],
    buckets: batchLines,
  }),
  batchBytes: histogram('sluice_batch_bytes', 'Bytes of a published batch before compression.', {
    unit: 'bytes',
    stage: 'reader',
    labels: [],
    buckets: batchBytes,
  }),
  readerSources: gauge(
    'sluice_reader_sources',
    'Sources that this reader follows (open) or has read to the end.',
    {
      unit: 'sources',
      stage: 'reader',
      labels: [label('state', ['open', 'complete'])],
    },
  ),
  readerUnreadBytes: gauge(
    'sluice_reader_unread_bytes',
    'Bytes of the followed files that are not read yet.',
    {
      unit: 'bytes',
      stage: 'reader',
      labels: [],
    },
  ),
  readerSourceConflicts: counter(
    'sluice_reader_source_conflicts_total',
    'Chunks that could not be recorded because another reader had recorded the same range.',
    { unit: 'conflicts', stage: 'reader', labels: [] },
  ),
  readerSourcesUnreadable: counter(
    'sluice_reader_sources_unreadable_total',
    'Attempts to read a file that failed, were refused, or found it damaged.',
    { unit: 'attempts', stage: 'reader', labels: [] },
  ),
  readerIncompleteChunks: gauge(
    'sluice_reader_incomplete_chunks',
    'Chunks of the sources that this reader follows that are recorded and not in PostgreSQL whole, as the last sweep found.',
    { unit: 'chunks', stage: 'reader', labels: [] },
  ),
  readerStuckChunks: gauge(
    'sluice_reader_stuck_chunks',
    'Those of them that were published again `reader.maxPublishings` times and more, or cannot be published again.',
    { unit: 'chunks', stage: 'reader', labels: [] },
  ),
  readerBackpressureSeconds: counter(
    'sluice_reader_backpressure_seconds_total',
    'Time for which the reader paused because the rest of the pipeline was behind or away.',
    { unit: 'seconds', stage: 'reader', labels: [cause] },
  ),
  readerBackpressureActive: gauge(
    'sluice_reader_backpressure_active',
    '1 while the reader pauses for this cause, else 0.',
    { unit: 'boolean', stage: 'reader', labels: [cause], startsAtZero: true },
  ),
  ledgerBalanced: gauge(
    'sluice_ledger_balanced',
    '1 when the last proof, the same as that of `sluice reconcile`, found every line; 0 when it did not.',
    { unit: 'boolean', stage: 'reader', labels: [] },
  ),
  ledgerProvedTime: gauge(
    'sluice_ledger_proved_timestamp_seconds',
    'When that proof was made, as seconds since 1970.',
    { unit: 'seconds since 1970', stage: 'reader', labels: [] },
  ),
  ledgerProofFailures: counter(
    'sluice_ledger_proof_failures_total',
    'Attempts at that proof that ended with an error; the log has it.',
    { unit: 'attempts', stage: 'reader', labels: [] },
  ),
  parserBatches: counter('sluice_parser_batches_total', 'Batches parsed.', {
    unit: 'batches',
    stage: 'parser',
    labels: [logType],
  }),
  parserLines: counter('sluice_parser_lines_total', 'Lines parsed, by what became of them.', {
    unit: 'lines',
    stage: 'parser',
    labels: [logType, label('outcome', ['row', 'dead_letter'])],
  }),
  parserUndeclaredRows: counter(
    'sluice_parser_undeclared_rows_total',
    'Rows with fields that no column is declared for: they are in `extra`. `sluice log-types fields` names them.',
    { unit: 'rows', stage: 'parser', labels: [logType] },
  ),
  parserHandOffsLost: counter(
    'sluice_parser_handoffs_lost_total',
    'Parsed batches that were dropped because another parser had taken them over meanwhile.',
    { unit: 'batches', stage: 'parser', labels: [] },
  ),
  parserPoisonBatches: counter(
    'sluice_parser_poison_batches_total',
    'Batches that were delivered too often without being parsed, and whose lines were all set aside.',
    { unit: 'batches', stage: 'parser', labels: [logType] },
  ),
  indexerRows: counter('sluice_indexer_rows_total', 'Rows committed.', {
    unit: 'rows',
    stage: 'indexer',
    labels: [logType],
  }),
  indexerDeadLetters: counter('sluice_indexer_dead_letters_total', 'Dead letters committed, by reason.', {
    unit: 'lines',
    stage: 'indexer',
    labels: [logType, label('reason', deadLetterReasons)],
  }),
  indexerBatches: counter(
    'sluice_indexer_batches_total',
    'Batches acknowledged: committed, known to the ledger already (duplicate), or of a chunk that the ledger does not know (stale).',
    {
      unit: 'batches',
      stage: 'indexer',
      labels: [logType, label('outcome', ['committed', 'duplicate', 'stale'])],
    },
  ),
  indexerTransactions: counter(
    'sluice_indexer_transactions_total',
    'Transactions that were committed, retried after an outage, or bisected to find a refused row.',
    {
      unit: 'transactions',
      stage: 'indexer',
      labels: [label('outcome', ['committed', 'retried', 'bisected'])],
    },
  ),
  indexerPostgresErrors: counter('sluice_indexer_postgres_errors_total', 'Errors of PostgreSQL, by kind.', {
    unit: 'errors',
    stage: 'indexer',
    labels: [label('class', postgresErrorClasses)],
  }),
  indexerLastEventTime: gauge(
    'sluice_indexer_last_event_time_seconds',
    'Time of the newest event committed, as seconds since 1970; events from the future do not count.',
    { unit: 'seconds since 1970', stage: 'indexer', labels: [] },
  ),
  partitions: liveGauge('sluice_partitions', 'Partitions of the table, the default one included.', {
    unit: 'partitions',
    stage: 'indexer',
    labels: [logType],
  }),
  defaultPartitionRows: liveGauge(
    'sluice_default_partition_rows',
    'Rows of days without a partition of their own, as PostgreSQL estimates them.',
    { unit: 'rows', stage: 'indexer', labels: [logType] },
  ),
  defaultPartitionBytes: liveGauge(
    'sluice_default_partition_bytes',
    'Bytes of the rows of days without a partition of their own.',
    { unit: 'bytes', stage: 'indexer', labels: [logType] },
  ),
  retentionDays: counter(
    'sluice_retention_days_total',
    'Days that were taken out of their table, or could not be: postponed because writers or readers did not let go of it, or failed.',
    {
      unit: 'days',
      stage: 'indexer',
      labels: [logType, label('outcome', ['dropped', 'detached', 'exported', 'postponed', 'failed'])],
    },
  ),
  unindexedPartitions: gauge(
    'sluice_unindexed_partitions',
    'Partitions that lack a declared index: those being filled, and those that the builder has not come to.',
    { unit: 'partitions', stage: 'indexer', labels: [logType] },
  ),
  unindexedBytes: gauge(
    'sluice_unindexed_bytes',
    'Bytes of the rows in partitions that lack a declared index.',
    {
      unit: 'bytes',
      stage: 'indexer',
      labels: [logType],
    },
  ),
  indexBuilds: counter(
    'sluice_index_builds_total',
    'Attempts to build what a partition lacks, by outcome: built, postponed because writers or readers did not let go of it, or failed.',
    {
      unit: 'builds',
      stage: 'indexer',
      labels: [logType, label('outcome', ['built', 'postponed', 'failed'])],
    },
  ),
  indexBuildSeconds: histogram(
    'sluice_index_build_seconds',
    'Time to build all that a partition lacks, the wait for writers included.',
    { unit: 'seconds', stage: 'indexer', labels: [], buckets: perPartitionSeconds },
  ),
  rollupRows: counter(
    'sluice_rollup_rows_total',
    'Rows that rollups took: hours and keys, counted by each transaction for itself.',
    { unit: 'rows', stage: 'indexer', labels: [logType] },
  ),
  rollupSplitHours: gauge(
    'sluice_rollup_split_hours',
    'Hours of rollups that are in several parts, as the last look saw them, before they were added up.',
    { unit: 'hours', stage: 'indexer', labels: [logType] },
  ),
  rollupHoursCompacted: counter(
    'sluice_rollup_hours_compacted_total',
    'Hours of rollups that were added up.',
    {
      unit: 'hours',
      stage: 'indexer',
      labels: [logType],
    },
  ),
  readToCommit: histogram(
    'sluice_read_to_commit_seconds',
    'Time from reading a chunk to committing one of its batches.',
    { unit: 'seconds', stage: 'indexer', labels: [], buckets: endToEndSeconds },
  ),
  deliveries: counter('sluice_deliveries_total', 'Batches that a stage received, claimed ones included.', {
    unit: 'batches',
    stage: 'process',
    labels: [consumingStage, logType],
  }),
  claims: counter(
    'sluice_claims_total',
    'Batches taken over from a consumer that had been silent for too long.',
    {
      unit: 'batches',
      stage: 'process',
      labels: [consumingStage, logType],
    },
  ),
  orphansRemoved: counter(
    'sluice_orphans_removed_total',
    'Stream entries that were delivered and pending with nobody, as after an XACK by hand, and were removed.',
    {
      unit: 'entries',
      stage: 'process',
      labels: [consumingStage, logType],
    },
  ),
  entriesSetAside: counter(
    'sluice_entries_set_aside_total',
    'Stream entries that could not be opened and were moved to the dead stream whole.',
    { unit: 'entries', stage: 'process', labels: [logType] },
  ),
  stageDuration: histogram(
    'sluice_stage_duration_seconds',
    'Duration of one step of a stage for one batch.',
    {
      unit: 'seconds',
      stage: 'process',
      labels: [
        stage,
        label('step', [
          'cut',
          'record',
          'publish',
          'parse',
          'hand_off',
          'transaction',
          'copy',
          'acknowledge',
        ]),
      ],
      buckets: perBatchSeconds,
      series: [
        ['reader', 'cut'],
        ['reader', 'record'],
        ['reader', 'publish'],
        ['parser', 'parse'],
        ['parser', 'hand_off'],
        ['indexer', 'transaction'],
        ['indexer', 'copy'],
        ['indexer', 'acknowledge'],
      ],
    },
  ),
  outages: counter('sluice_outages_total', 'Times that a stage lost a service that it had.', {
    unit: 'outages',
    stage: 'process',
    labels: [stage, service],
  }),
  outageActive: gauge('sluice_outage_active', '1 while a stage waits for a service, else 0.', {
    unit: 'boolean',
    stage: 'process',
    labels: [stage, service],
    startsAtZero: true,
  }),
  loopFailures: counter(
    'sluice_loop_failures_total',
    'Failures of a loop that are no outage; the log says more.',
    {
      unit: 'failures',
      stage: 'process',
      labels: [stage],
    },
  ),
  scrapeFailures: counter(
    'sluice_scrape_failures_total',
    'Scrapes without the live gauges: reading them failed or took too long.',
    {
      unit: 'scrapes',
      stage: 'process',
      labels: [],
    },
  ),
  buildInfo: gauge('sluice_build_info', 'Always 1; the labels say what runs.', {
    unit: 'info',
    stage: 'process',
    labels: [freeLabel('version'), freeLabel('node')],
  }),
  logTypeInfo: gauge(
    'sluice_log_type_info',
    'Always 1; the labels say which declarations this process has.',
    {
      unit: 'info',
      stage: 'process',
      labels: [logType, freeLabel('version')],
    },
  ),
  postgresConnections: liveGauge(
    'sluice_postgres_connections',
    'Connections of this process, and what waits for one.',
    { unit: 'connections', stage: 'process', labels: [label('state', ['busy', 'idle', 'waited_for'])] },
  ),
  redisMemoryUsed: liveGauge('sluice_redis_memory_used_bytes', 'Memory that Redis uses.', {
    unit: 'bytes',
    stage: 'streams',
    labels: [],
  }),
  redisMemoryMax: liveGauge(
    'sluice_redis_memory_max_bytes',
    'What Redis may use at most; absent without a maxmemory.',
    { unit: 'bytes', stage: 'streams', labels: [] },
  ),
  streamEntries: liveGauge('sluice_stream_entries', 'Entries in a stream.', {
    unit: 'entries',
    stage: 'streams',
    labels: [logType, stream],
  }),
  streamPending: liveGauge(
    'sluice_stream_pending',
    'Entries delivered to a consumer and not acknowledged yet.',
    {
      unit: 'entries',
      stage: 'streams',
      labels: [logType, group],
    },
  ),
  streamOldestPending: liveGauge(
    'sluice_stream_oldest_pending_timestamp_seconds',
    'When the oldest entry that is delivered and not acknowledged was added, as seconds since 1970; absent without one.',
    { unit: 'seconds since 1970', stage: 'streams', labels: [logType, group] },
  ),
  streamLag: liveGauge('sluice_stream_lag', 'Entries not delivered to any consumer yet.', {
    unit: 'entries',
    stage: 'streams',
    labels: [logType, group],
  }),
  streamOldestEntry: liveGauge(
    'sluice_stream_oldest_entry_timestamp_seconds',
    'When the oldest entry of a stream was added, as seconds since 1970; absent for an empty stream.',
    { unit: 'seconds since 1970', stage: 'streams', labels: [logType, stream] },
  ),
  streamBytes: liveGauge('sluice_stream_bytes', 'Bytes of the entries in the raw and rows streams.', {
    unit: 'bytes',
    stage: 'streams',
    labels: [logType],
  }),
} as const

export type MetricsTable = typeof metricsTable

/** A label of information about the process, whose few values come from the build and the declarations. */
function freeLabel(name: string): Label<string> {
  return { name, values: [] }
}
