import type { SplitHour } from '../rollups/compact-hours.js'

/**
 * An hour in this many parts is added up while rows of it still come. Fewer would write its sums again and again; more
 * make readers add up more.
 */
const mostParts = 64
/** Hours whose parts are replaced in one transaction: readers and writers do not wait for it, but its work is lost with it. */
const hoursPerTransaction = 24
/** Likewise, unless it is one hour's: a part has up to a row for each row of its transaction. */
const partsPerTransaction = 256

/** The hours to add up now, those that go into one transaction together: many parts, or none came since the last look. */
export function hoursToCompact(seen: readonly SplitHour[], before: ReadonlyMap<string, number>): string[][] {
  const transactions: string[][] = []
  let partsOfLast = 0
  for (const { hour, parts } of seen) {
    if (parts < mostParts && before.get(hour) !== parts) continue
    const last = transactions.at(-1)
    partsOfLast += parts
    if (last !== undefined && last.length < hoursPerTransaction && partsOfLast <= partsPerTransaction) {
      last.push(hour)
    } else {
      transactions.push([hour])
      partsOfLast = parts
    }
  }
  return transactions
}
