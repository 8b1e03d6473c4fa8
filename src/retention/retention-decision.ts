import type { Retention } from '../log-types/log-type.js'

const dayMs = 86_400_000

/**
 * Of these days (UTC, ISO dates), those all of whose rows are older than `days` days, the oldest first; `kept` are left
 * alone.
 */
export function dueDays(
  days: readonly string[],
  { days: keptDays }: Pick<Retention, 'days'>,
  nowMs: number,
  kept: ReadonlySet<string> = new Set(),
): string[] {
  return days.filter((day) => Date.parse(day) + (keptDays + 1) * dayMs <= nowMs && !kept.has(day)).toSorted()
}

/** The first day that is not due yet. */
export function firstKeptDay({ days }: Pick<Retention, 'days'>, nowMs: number): string {
  return new Date((Math.floor(nowMs / dayMs) - days) * dayMs).toISOString().slice(0, 10)
}
