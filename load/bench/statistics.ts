/** A figure of several rounds: what is in the middle, and how far the others lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError without values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('expected at least one value')
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) }
}

/** The middle value, or the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** A value that stands for several items. */
export interface Weighted {
  readonly value: number
  readonly weight: number
}

/** The smallest value that at least this share (0 to 1) of all items do not exceed; NaN without items. */
export function percentileOf(items: readonly Weighted[], share: number): number {
  const sorted = items.toSorted((a, b) => a.value - b.value)
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
  let seen = 0
  for (const { value, weight } of sorted) {
    seen += weight
    if (seen >= total * share) return value
  }
  return sorted.at(-1)?.value ?? Number.NaN
}
