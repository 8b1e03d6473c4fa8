import { maskSecrets } from '../errors/safe-text.js'
import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'
import type { Stage } from './metrics-table.js'
import { classifyPostgresError } from './postgres-error-class.js'
import { createRepeatedLog, type RepeatedLog } from './repeated-log.js'

/** What the events of a stage are made of. */
export interface StageTelemetryOptions {
  readonly metrics: Metrics
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** Events that every stage has. Called by the stage's loops; a repeated one costs nothing but its count. */
export interface OutageTelemetry {
  /** Redis failed a command or cannot be reached; the stage waits and tries again. */
  redisOutage(event: { message: string; retryInMs: number }): void
  /** What Redis had failed it does again. */
  redisRecovered(): void
  /** `sqlstate` is 'connection' where the server gave none. */
  postgresOutage(event: { sqlstate: string; message: string; retryInMs: number }): void
  /** What had failed for PostgreSQL does so no more. */
  postgresRecovered(): void
  /** Something other than an outage came out of a loop, which goes on after a while. */
  loopFailed(event: { loop: string; error: unknown; retryInMs: number }): void
}

/** Those of a stage that may run in a process of its own. */
export interface WorkerTelemetry extends OutageTelemetry {
  /** The process that waited for a service has ended. Whether the next one has to wait, that one tells. */
  waitingEnded(): void
}

export function createOutageTelemetry(
  stage: Stage,
  { metrics, logger, now = Date.now }: StageTelemetryOptions,
  repeated: RepeatedLog = createRepeatedLog({ logger, now }),
): WorkerTelemetry {
  const sinceMs = new Map<'redis' | 'postgres', number>()

  function began(service: 'redis' | 'postgres'): void {
    if (sinceMs.has(service)) return
    sinceMs.set(service, now())
    metrics.outages.add(1, stage, service)
    metrics.outageActive.set(1, stage, service)
  }

  function ended(service: 'redis' | 'postgres', sentence: string): void {
    const beganMs = sinceMs.get(service)
    if (beganMs === undefined) return
    sinceMs.delete(service)
    metrics.outageActive.set(0, stage, service)
    // Of a service that comes and goes every second, both would be a line a second.
    repeated.write('info', { stage, outageSeconds: Math.max(0, now() - beganMs) / 1000 }, sentence)
  }

  return {
    redisOutage(event) {
      began('redis')
      repeated.write(
        'warn',
        { stage, reason: maskSecrets(event.message), retryInMs: event.retryInMs },
        'Redis cannot be used; waiting for it.',
      )
    },
    redisRecovered: () => ended('redis', 'Redis can be used again.'),
    postgresOutage(event) {
      began('postgres')
      repeated.write(
        'warn',
        {
          ...{ stage, sqlstate: event.sqlstate, reason: maskSecrets(event.message) },
          retryInMs: event.retryInMs,
        },
        'PostgreSQL cannot be used; waiting for it.',
        classifyPostgresError(event.sqlstate),
      )
    },
    postgresRecovered: () => ended('postgres', 'PostgreSQL can be used again.'),
    waitingEnded() {
      for (const service of sinceMs.keys()) metrics.outageActive.set(0, stage, service)
      sinceMs.clear()
    },
    loopFailed({ loop, error, retryInMs }) {
      metrics.loopFailures.add(1, stage)
      repeated.write(
        'error',
        { stage, loop, error, retryInMs },
        'A loop failed and will be tried again.',
        loop,
      )
    },
  }
}
