import type { BatchIdentity, ChunkIdentity } from './batch-identity.js'
import type { BackpressureCause } from './metrics-table.js'
import {
  createOutageTelemetry,
  type OutageTelemetry,
  type StageTelemetryOptions,
} from './outage-telemetry.js'
import { createRepeatedLog } from './repeated-log.js'

/** What the reader tells. Each event logs and counts; the reader does neither by hand. */
export interface ReaderTelemetry extends OutageTelemetry {
  /** A source is followed from now on: a new one, or one that is known and has been found again. */
  sourceFound(event: { source: number; path: string; startOffset: number }): void
  /** A source was read to its end and has settled. */
  sourceComplete(event: { source: number; path: string; bytes: number }): void
  /** A chunk was not recorded because somebody else recorded its range; the position is read again. */
  sourceConflict(event: { source: number; path: string; startOffset: number }): void
  /** A file cannot be read, is none that may be read, or is damaged. Called for every attempt. */
  sourceUnreadable(event: { path: string; reason: string }): void
  /** Where reading stands; called when the paths have been searched. */
  sourcesCounted(event: { open: number; complete: number; unreadBytes: number | undefined }): void
  /** A chunk is in the ledger and about to be published. */
  chunkRecorded(
    event: ChunkIdentity & {
      bytes: number
      linesByType: Readonly<Record<string, number>>
      cutSeconds: number
      recordSeconds: number
    },
  ): void
  /** A batch is in its stream. `republished`: it had been published before. */
  batchPublished(
    event: BatchIdentity & {
      /** Of this publishing; the parser's events have it as `parentSpanId`. */
      spanId: string
      lines: number
      rawBytes: number
      compressedBytes: number
      republished: boolean
      seconds: number
    },
  ): void
  /**
   * Reading is held up by this cause. Called whenever the reader looks and still is; the time is counted here. Not for
   * an outage, of which the events of outages tell.
   */
  paused(cause: BackpressureCause): void
  /** The cause is gone. Without a pause before it does nothing. */
  resumed(cause: BackpressureCause): void
  /** What a sweep found, of the sources that this reader follows. */
  swept(event: { incompleteChunks: number; stuckChunks: number }): void
  /** The sweep has published chunks again that had not arrived. */
  sweepPublishedAgain(event: { chunks: number; batches: number }): void
  /** An incomplete chunk cannot be published again: no file with its content is at hand. Called for every sweep. */
  sourceMissing(event: ChunkIdentity): void
  /** A chunk was recorded with other declarations of log types, and part of it is in the tables already. */
  declarationsChanged(event: ChunkIdentity): void
  /** Publishing a chunk again did not help so far; it is tried ever more rarely. */
  stuckChunk(event: ChunkIdentity & { publishings: number }): void
}

export function createReaderTelemetry(options: StageTelemetryOptions): ReaderTelemetry {
  const { metrics, logger, now = Date.now } = options
  const repeated = createRepeatedLog({ logger, now })
  const pauses = new Map<BackpressureCause, { beganMs: number; countedMs: number }>()

  function paused(cause: BackpressureCause): void {
    const atMs = now()
    const pause = pauses.get(cause)
    if (pause === undefined) {
      pauses.set(cause, { beganMs: atMs, countedMs: atMs })
      metrics.readerBackpressureActive.set(1, cause)
      logger.debug({ cause }, 'Reading pauses.')
      return
    }
    // Counted while it lasts: a pause that never ends has to show as well.
    metrics.readerBackpressureSeconds.add(Math.max(0, atMs - pause.countedMs) / 1000, cause)
    pause.countedMs = atMs
  }

  function resumed(cause: BackpressureCause): void {
    const pause = pauses.get(cause)
    if (pause === undefined) return
    const atMs = now()
    pauses.delete(cause)
    metrics.readerBackpressureSeconds.add(Math.max(0, atMs - pause.countedMs) / 1000, cause)
    metrics.readerBackpressureActive.set(0, cause)
    logger.debug({ cause, seconds: Math.max(0, atMs - pause.beganMs) / 1000 }, 'Reading goes on.')
  }

  const outages = createOutageTelemetry('reader', options, repeated)
  const away = new Set<'redis' | 'postgres'>()
  function isAway(service: 'redis' | 'postgres'): void {
    away.add(service)
    paused('outage')
  }
  function isBack(service: 'redis' | 'postgres'): void {
    if (away.delete(service) && away.size === 0) resumed('outage')
  }

  return {
    ...outages,
    redisOutage(event) {
      isAway('redis')
      outages.redisOutage(event)
    },
    redisRecovered() {
      isBack('redis')
      outages.redisRecovered()
    },
    postgresOutage(event) {
      isAway('postgres')
      outages.postgresOutage(event)
    },
    postgresRecovered() {
      isBack('postgres')
      outages.postgresRecovered()
    },
    sourceFound(event) {
      logger.info(event, 'A source is followed.')
    },
    sourceComplete(event) {
      logger.info(event, 'A source was read to its end.')
    },
    sourceConflict(event) {
      metrics.readerSourceConflicts.add(1)
      repeated.write('warn', event, 'Another reader recorded the same range; reading goes on behind it.')
    },
    sourceUnreadable(event) {
      metrics.readerSourcesUnreadable.add(1)
      repeated.write('warn', event, 'A file cannot be read.', event.path)
    },
    sourcesCounted({ open, complete, unreadBytes }) {
      metrics.readerSources.set(open, 'open')
      metrics.readerSources.set(complete, 'complete')
      metrics.readerUnreadBytes.set(unreadBytes)
    },
    chunkRecorded(event) {
      metrics.readerChunks.add(1)
      metrics.readerBytes.add(event.bytes)
      for (const [logType, lines] of Object.entries(event.linesByType))
        metrics.readerLines.add(lines, logType)
      metrics.stageDuration.observe(event.cutSeconds, 'reader', 'cut')
      metrics.stageDuration.observe(event.recordSeconds, 'reader', 'record')
      logger.debug(event, 'A chunk was recorded.')
    },
    batchPublished(event) {
      const batches = event.republished ? metrics.readerBatchesRepublished : metrics.readerBatchesPublished
      batches.add(1, event.logType)
      metrics.batchLines.observe(event.lines)
      metrics.batchBytes.observe(event.rawBytes)
      metrics.readerRawBytes.add(event.rawBytes)
      metrics.readerCompressedBytes.add(event.compressedBytes)
      metrics.stageDuration.observe(event.seconds, 'reader', 'publish')
      logger.debug(event, 'A batch was published.')
    },
    paused,
    resumed,
    swept({ incompleteChunks, stuckChunks }) {
      metrics.readerIncompleteChunks.set(incompleteChunks)
      metrics.readerStuckChunks.set(stuckChunks)
    },
    sweepPublishedAgain(event) {
      repeated.write('info', event, 'Chunks that had not arrived were published again.')
    },
    sourceMissing(event) {
      repeated.write('error', event, 'A chunk was lost on its way and its file is not at hand any more.')
    },
    declarationsChanged(event) {
      repeated.write(
        'error',
        event,
        'A chunk was recorded with other log type declarations and cannot be cut again; start with those once.',
      )
    },
    stuckChunk(event) {
      repeated.write(
        'error',
        event,
        'A chunk does not arrive however often it is published; it is tried ever more rarely.',
      )
    },
  }
}
