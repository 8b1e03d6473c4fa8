import { classifyFailure } from '../postgres/sqlstate.js'
import { sleep } from './sleep.js'

/** Thrown out of a wait for a service when the process is told to stop. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

/** Milliseconds to wait before attempt n + 1 (n from 0): short at first, since most outages are. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return Math.min(100 * 2 ** Math.min(attempt, 6), 5000) * (0.75 + random() / 2)
}

interface RedisOutages {
  redisOutage(event: { message: string; retryInMs: number }): void
  redisRecovered(): void
}

export interface PostgresOutages {
  postgresOutage(event: { sqlstate: string; message: string; retryInMs: number }): void
  postgresRecovered(): void
}

/**
 * Runs work until Redis takes it. Whatever Redis answers with an error (full, loading, read only, gone) is waited
 * out: the data in hand is not to blame. Work must be safe to repeat.
 * @throws StoppedError when told to stop meanwhile.
 */
export async function throughRedisOutages<T>(
  work: () => Promise<T>,
  telemetry: RedisOutages,
  stop: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const result = await work()
      // Only work that failed before proves anything: a full Redis refuses to publish, and answers all the rest.
      if (attempt > 0) telemetry.redisRecovered()
      return result
    } catch (error) {
      if (stop.aborted) throw new StoppedError('stopped while Redis could not be used')
      const retryInMs = backoffMs(attempt)
      telemetry.redisOutage({ message: error instanceof Error ? error.message : String(error), retryInMs })
      await sleep(retryInMs, stop)
    }
  }
}

/**
 * Runs work until Postgres takes it. Errors of the data and of the schema are thrown on.
 * @throws StoppedError when told to stop meanwhile.
 */
export async function throughPostgresOutages<T>(
  work: () => Promise<T>,
  telemetry: PostgresOutages,
  stop: AbortSignal,
): Promise<T> {
  // Only work that failed before proves anything by not failing so: other work may have come without a statement.
  const recovered = (failures: number): void => {
    if (failures > 0) telemetry.postgresRecovered()
  }
  for (let attempt = 0; ; attempt++) {
    try {
      const result = await work()
      recovered(attempt)
      return result
    } catch (error) {
      const failure = classifyFailure(error)
      if (failure.kind !== 'retry') {
        recovered(attempt)
        throw error
      }
      if (stop.aborted) throw new StoppedError('stopped while PostgreSQL could not be used')
      const retryInMs = backoffMs(attempt)
      telemetry.postgresOutage({ sqlstate: failure.sqlstate, message: failure.message, retryInMs })
      await sleep(retryInMs, stop)
    }
  }
}
