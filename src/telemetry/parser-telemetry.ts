import type { BatchIdentity } from './batch-identity.js'
import {
  createOutageTelemetry,
  type StageTelemetryOptions,
  type WorkerTelemetry,
} from './outage-telemetry.js'
import { createRepeatedLog } from './repeated-log.js'

/** What the parser tells. Each event logs and counts; the parser does neither by hand. */
export interface ParserTelemetry extends WorkerTelemetry {
  /** Batches were read from a stream. */
  batchesRead(event: { logType: string; batches: number }): void
  /** Batches were taken over from a consumer that had been silent for too long. */
  claimed(event: { logType: string; batches: number }): void
  /** Entries that were delivered once and pending with nobody are out of the stream now. */
  orphansRemoved(event: { logType: string; entries: number }): void
  /** A batch was parsed: `lines = rows + deadLetters`. */
  batchParsed(
    event: BatchIdentity & {
      /** Of this parsing; the indexer's events have it as `parentSpanId`. */
      spanId: string
      /** How often the entry was given to a parser. */
      deliveries: number
      lines: number
      rows: number
      deadLetters: number
      /** Of the rows, those with fields that no column is declared for. */
      undeclaredRows: number
      seconds: number
    },
  ): void
  /** A parsed batch is in the rows stream and no longer in the raw one. */
  batchHandedOver(event: BatchIdentity & { seconds: number }): void
  /** A parsed batch was dropped: somebody else had taken it over and was first. */
  handOffLost(event: BatchIdentity & { entryId: string }): void
  /** An entry could not be opened and is in the dead stream now; which batch it was is told if that can be read. */
  entrySetAside(event: Partial<BatchIdentity> & { logType: string; entryId: string; reason: string }): void
  /** A batch was delivered too often; all its lines become dead letters without being parsed. */
  poisonBatch(event: BatchIdentity & { entryId: string; lines: number; deliveries: number }): void
}

export function createParserTelemetry(options: StageTelemetryOptions): ParserTelemetry {
  const { metrics, logger, now = Date.now } = options
  const repeated = createRepeatedLog({ logger, now })

  return {
    ...createOutageTelemetry('parser', options, repeated),
    batchesRead({ logType, batches }) {
      metrics.deliveries.add(batches, 'parser', logType)
    },
    claimed(event) {
      metrics.deliveries.add(event.batches, 'parser', event.logType)
      metrics.claims.add(event.batches, 'parser', event.logType)
      repeated.write('info', event, 'Batches of a silent parser were taken over.', event.logType)
    },
    orphansRemoved(event) {
      metrics.orphansRemoved.add(event.entries, 'parser', event.logType)
      repeated.write(
        'warn',
        event,
        'Entries that were delivered and pending with nobody were removed; what the ledger lacks is published again.',
        event.logType,
      )
    },
    batchParsed(event) {
      metrics.parserBatches.add(1, event.logType)
      metrics.parserLines.add(event.rows, event.logType, 'row')
      metrics.parserLines.add(event.deadLetters, event.logType, 'dead_letter')
      metrics.parserUndeclaredRows.add(event.undeclaredRows, event.logType)
      metrics.stageDuration.observe(event.seconds, 'parser', 'parse')
      logger.debug(event, 'A batch was parsed.')
    },
    batchHandedOver(event) {
      metrics.stageDuration.observe(event.seconds, 'parser', 'hand_off')
      logger.debug(event, 'A parsed batch was handed over.')
    },
    handOffLost(event) {
      metrics.parserHandOffsLost.add(1)
      repeated.write('info', event, 'A parsed batch was dropped, since another parser had taken it over.')
    },
    entrySetAside(event) {
      metrics.entriesSetAside.add(1, event.logType)
      repeated.write('warn', event, 'An entry could not be opened and was set aside.', event.logType)
    },
    poisonBatch(event) {
      metrics.parserPoisonBatches.add(1, event.logType)
      logger.error(event, 'A batch was delivered too often without being parsed; its lines are set aside.')
    },
  }
}
