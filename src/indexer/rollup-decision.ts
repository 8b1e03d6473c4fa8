import type { SplitHour } from '../rollups/compact-hours.js'

/**
 * An hour in this many parts is added up while rows of it still come. Fewer would write its sums again and again; more
 * make readers add up more.
 */
const mostParts = 64
/** Hours whose parts are replaced in one transaction: readers and writers do not wait for it, but its work is lost with it. */
const hoursPerTransaction = 24

/** The hours to add up now, those that go into one transaction together: many parts, or none came since the last look. */
export function hoursToCompact(seen: readonly SplitHour[], before: ReadonlyMap<string, number>): string[][] {
  const due = seen
    .filter(({ hour, parts }) => parts >= mostParts || before.get(hour) === parts)
    .map(({ hour }) => hour)
  const transactions: string[][] = []
  for (let i = 0; i < due.length; i += hoursPerTransaction)
    transactions.push(due.slice(i, i + hoursPerTransaction))
  return transactions
}
