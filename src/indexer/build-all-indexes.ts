import { StoppedError } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import { lacksIndexes, type PartitionIndexes } from '../postgres/unindexed-partitions.js'
import { IndexBuilds, type IndexBuildsOptions } from './index-builds.js'
import { howToBuild, type IndexPolicy } from './index-decision.js'

export interface BuildAllOptions extends IndexBuildsOptions {
  readonly settings: Pick<IndexPolicy, 'indexAtBytes'> & {
    /** Builds at a time, each on a connection of buildPool. */
    readonly connections: number
  }
  /** How long to wait for partitions that others keep in use; default: half a minute. */
  readonly giveUpAfterMs?: number
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
/** How soon it is seen that another process has built one, or that one may be tried again. */
const lookEveryMs = 200
/** Others keep a partition in use for as long as they like; an ingestion ends. */
const defaultGiveUpAfterMs = 30_000
const maxFailures = 2

/**
 * Builds everything that is missing now, whoever left it, without waiting for partitions to be quiet; what becomes of
 * it later is the indexers' that fill it. Returns those that failed twice, or were in use for half a minute; they have
 * all their rows, and queries of them are right and slow.
 * @throws StoppedError when told to stop; builds in hand are finished first
 */
export async function buildAllIndexes(options: BuildAllOptions): Promise<UnindexedPartition[]> {
  const { settings, stop, onProgress, giveUpAfterMs = defaultGiveUpAfterMs } = options
  const builds = new IndexBuilds(options, lockTimeoutMs)
  const failures = new Map<number, number>()
  const reasons = new Map<number, string>()
  let left = (await builds.look()).filter(lacksIndexes)
  const totalPartitions = left.length
  let builtPartitions = 0
  let progressAtMs = performance.now()

  async function attempt(partition: PartitionIndexes): Promise<void> {
    const { oid, bytes } = partition
    const outcome = await builds.attempt(partition, howToBuild(bytes, settings))
    if (outcome.kind === 'built') {
      onProgress({ builtPartitions: ++builtPartitions, totalPartitions })
    } else if (outcome.kind === 'failed') {
      const { error } = outcome
      failures.set(oid, (failures.get(oid) ?? 0) + 1)
      reasons.set(oid, error instanceof Error ? error.message : String(error))
    } else {
      reasons.set(oid, 'it was in use all the time')
    }
  }

  if (totalPartitions > 0) onProgress({ builtPartitions, totalPartitions })
  while (left.some(({ oid }) => (failures.get(oid) ?? 0) < maxFailures)) {
    const due = left.filter(({ oid }) => (failures.get(oid) ?? 0) < maxFailures && builds.mayAttempt(oid))
    const takeTurns = async (): Promise<void> => {
      for (let next = due.shift(); next !== undefined && !stop.aborted; next = due.shift())
        await attempt(next)
    }
    const builtBefore = builtPartitions
    await Promise.all(Array.from({ length: settings.connections }, takeTurns))
    if (stop.aborted) throw new StoppedError('stopped while indexes were built')
    const wanted = new Set(left.map(({ oid }) => oid))
    left = (await builds.look()).filter((partition) => wanted.has(partition.oid) && lacksIndexes(partition))
    // By us or by another process.
    if (left.length < wanted.size) progressAtMs = performance.now()
    else if (performance.now() - progressAtMs > giveUpAfterMs) break
    if (builtPartitions === builtBefore && left.length > 0) await sleep(lookEveryMs, stop)
  }
  return left.map(({ oid, name }) => ({
    partition: name,
    reason: reasons.get(oid) ?? 'it was in use all the time',
  }))
}
