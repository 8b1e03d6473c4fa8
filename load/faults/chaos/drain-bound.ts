import { decideRepublishPauseMs } from '../../../src/reader/republisher.js'
import type { Settings } from '../../../src/settings/declaration.js'

/** What is left to do when everything is healed. */
export interface Backlog {
  readonly linesLeft: number
  /** The most that a chunk which has not arrived was published again. */
  readonly mostPublishingsAgain: number
}

export interface BoundPart {
  readonly why: string
  readonly ms: number
}

/** Longest pause between two attempts in an outage (src/lifecycle/outages.ts), its random share included. */
const backoffMs = 6250
/** Pause of an indexer after a failure that is no outage (src/indexer/indexer.ts). */
const failurePauseMs = 5000
/** The client's wait beyond the server's statement timeout (src/postgres/pool.ts). */
const silentNetworkMs = 5000
/** A process starts, on a machine that is busy with the others; 16 s were seen with ten times as much to do as cores. */
const startMs = 20_000

/**
 * How long everything may take to arrive at most: the waits that the documentation promises, one after the other, and
 * the lines that are left at the pace at which they were written.
 */
export function boundDrain(settings: Settings, backlog: Backlog, linesPerSecond: number): BoundPart[] {
  const { reader, parser, indexer, redis, postgres } = settings
  return [
    { why: 'processes start', ms: startMs },
    {
      why: 'silent connections are noticed',
      ms: Math.max(postgres.statementTimeoutMs + silentNetworkMs, redis.commandTimeoutMs + indexer.blockMs),
    },
    { why: 'pause of an outage, and after a failure', ms: backoffMs + failurePauseMs },
    { why: 'transactions of those who were stopped end', ms: postgres.idleInTransactionTimeoutMs },
    { why: 'a last line without newline counts', ms: reader.partialLineMs },
    { why: 'parsers claim', ms: parser.minIdleMs + parser.claimEveryMs },
    { why: 'indexers claim', ms: indexer.minIdleMs + indexer.claimEveryMs },
    {
      why: `lost batches are published again, for the ${backlog.mostPublishingsAgain + 1}. time`,
      ms: decideRepublishPauseMs(reader.republishGraceMs, backlog.mostPublishingsAgain) + 2 * reader.sweepMs,
    },
    {
      why: `${backlog.linesLeft} lines`,
      ms: Math.ceil((backlog.linesLeft * 1000) / linesPerSecond),
    },
  ]
}
