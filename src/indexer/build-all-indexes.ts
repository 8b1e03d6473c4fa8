import { StoppedError } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { PartitionIndexes } from '../postgres/unindexed-partitions.js'
import { IndexBuilds, type IndexBuildsOptions } from './index-builds.js'
import { howToBuild, type IndexPolicy } from './index-decision.js'

export interface BuildAllOptions extends IndexBuildsOptions {
  readonly settings: Pick<IndexPolicy, 'indexAtBytes'> & {
    /** Builds at a time, each on a connection of buildPool. */
    readonly connections: number
  }
  /** Called before the first build and after each. */
  readonly onProgress: (progress: IndexProgress) => void
}

export interface IndexProgress {
  readonly builtPartitions: number
  readonly totalPartitions: number
}

/** A partition that could not be indexed. */
export interface UnindexedPartition {
  readonly partition: string
  readonly reason: string
}

/**
 * Nobody waits for rows here, so it may take longer than an indexer would: from one second on (deadlock_timeout) an
 * autovacuum of the partition gives way.
 */
const lockTimeoutMs = 2000
/** Pause when everything that is left is in use, or with another process. */
const retryEveryMs = 500
const maxFailures = 3

/**
 * Builds everything that is missing, whoever left it, without waiting for partitions to be quiet. Returns those that
 * failed several times; they have all their rows, and queries of them are right and slow.
 * @throws StoppedError when told to stop; builds in hand are finished first
 */
export async function buildAllIndexes(options: BuildAllOptions): Promise<UnindexedPartition[]> {
  const { settings, stop, onProgress } = options
  const builds = new IndexBuilds(options, lockTimeoutMs)
  const failures = new Map<string, { count: number; reason: string }>()
  let builtPartitions = 0
  for (;;) {
    const missing = (await builds.look()).filter(
      ({ name, missing }) => missing.length > 0 && (failures.get(name)?.count ?? 0) < maxFailures,
    )
    if (missing.length === 0) break
    const totalPartitions = builtPartitions + missing.length
    const builtBefore = builtPartitions
    onProgress({ builtPartitions, totalPartitions })
    const buildNext = async (): Promise<void> => {
      for (let next: PartitionIndexes | undefined; !stop.aborted; ) {
        next = missing.shift()
        if (next === undefined) return
        const outcome = await builds.attempt(next, howToBuild(next.bytes, settings))
        if (outcome.kind === 'built') onProgress({ builtPartitions: ++builtPartitions, totalPartitions })
        if (outcome.kind === 'failed') {
          const { error } = outcome
          const count = (failures.get(next.name)?.count ?? 0) + 1
          failures.set(next.name, { count, reason: error instanceof Error ? error.message : String(error) })
        }
      }
    }
    await Promise.all(Array.from({ length: settings.connections }, buildNext))
    if (stop.aborted) throw new StoppedError('stopped while indexes were built')
    if (builtPartitions === builtBefore) await sleep(retryEveryMs, stop)
  }
  return [...failures]
    .filter(([, { count }]) => count >= maxFailures)
    .map(([partition, { reason }]) => ({ partition, reason }))
}
