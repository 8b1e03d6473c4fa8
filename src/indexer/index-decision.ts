/** When a partition gets the B-trees that it lacks. */
export interface IndexPolicy {
  /** Its size has not changed for this long. */
  readonly indexQuietMs: number
  /** Its rows have reached this many bytes. */
  readonly indexAtBytes: number
  /** It lacks one for this long. */
  readonly indexWithinMs: number
}

/** What is remembered of a partition that lacks an index; times are of one clock. */
export interface Growth {
  readonly bytes: number
  /** When its size was first seen to be this. */
  readonly changedAtMs: number
  readonly lacksSinceMs: number
}

export type HowToBuild =
  /** Writers of the partition wait meanwhile. */
  | 'at-once'
  /** Takes about twice as long, and writers go on. */
  | 'concurrently'

/**
 * How many times `indexAtBytes` a partition has to be for writers not to wait. With the defaults that is 256 MiB, and
 * two indexes take about five seconds. Such a partition is one that was there before its index was declared, or whose
 * writers never let go for long enough.
 */
const concurrentlyFrom = 4

export function observeGrowth(before: Growth | undefined, bytes: number, nowMs: number): Growth {
  if (before === undefined) return { bytes, changedAtMs: nowMs, lacksSinceMs: nowMs }
  return before.bytes === bytes ? before : { ...before, bytes, changedAtMs: nowMs }
}

export function decideBuild(growth: Growth, policy: IndexPolicy, nowMs: number): HowToBuild | 'wait' {
  const isDue =
    nowMs - growth.changedAtMs >= policy.indexQuietMs ||
    growth.bytes >= policy.indexAtBytes ||
    nowMs - growth.lacksSinceMs >= policy.indexWithinMs
  return isDue ? howToBuild(growth.bytes, policy) : 'wait'
}

export function howToBuild(bytes: number, policy: Pick<IndexPolicy, 'indexAtBytes'>): HowToBuild {
  return bytes > policy.indexAtBytes * concurrentlyFrom ? 'concurrently' : 'at-once'
}

/**
 * Pause before another attempt, ever longer. Attempts that only found the partition in use hold writers up for a
 * moment each; those that failed may have filled a disk, which then has nothing left for rows.
 */
export function retryDelayMs(outcome: 'postponed' | 'failed', attempts: number): number {
  const [firstMs, longestMs] = outcome === 'postponed' ? [1000, 30_000] : [5000, 600_000]
  return Math.min(firstMs * 2 ** Math.min(attempts - 1, 20), longestMs)
}
