import type { Retention } from '../log-types/log-type.js'

const dayMs = 86_400_000

/** The first day (UTC, ISO date) that is not due: all rows of those before it are older than `days` days. */
export function firstKeptDay({ days }: Pick<Retention, 'days'>, nowMs: number): string {
  return new Date((Math.floor(nowMs / dayMs) - days) * dayMs).toISOString().slice(0, 10)
}
