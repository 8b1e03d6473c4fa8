import { sleep } from '../lifecycle/sleep.js'
import { lacksIndexes, type PartitionIndexes } from '../postgres/unindexed-partitions.js'
import { IndexBuilds, type IndexBuildsOptions } from './index-builds.js'
import {
  decideBuild,
  type Growth,
  type HowToBuild,
  type IndexPolicy,
  observeGrowth,
} from './index-decision.js'

export interface IndexBuilderOptions extends IndexBuildsOptions {
  readonly settings: IndexPolicy
}

/** A look at every partition, whatever was committed here: for what others did, and indexes dropped by hand. */
const fullLookEveryMs = 60_000
/** Between looks while there is something to see. Two of them fall into the time that makes a partition quiet. */
const longestPauseMs = 1000
/** Writers of a partition wait this long in vain when another writer does not let go of it. */
const lockTimeoutMs = 500
/** Pause after a failure of ours. */
const failurePauseMs = 5000

/**
 * Builds the B-trees of a partition after most of its rows have come: to put each row into them as it comes costs
 * more than all else that PostgreSQL does with it, and to build them afterwards less than half of that.
 *
 *   partition made ──► lacks indexes ──► quiet, large or late (index-decision.ts) ──► built
 *                           ▲                              │
 *                           └──── in use, or it failed ◄───┘
 *
 * One build at a time, since one is faster than rows can come, and two would take the processor from the load. Every
 * indexer process has a builder; a lock keeps two from building the same. What it knows of a partition it finds out
 * again, so that nothing is lost with a process but the time that was waited.
 */
export class IndexBuilder {
  private readonly builds: IndexBuilds
  /** Partitions that lack an index. */
  private growth = new Map<number, Growth>()
  /** Partitions that lacked nothing. */
  private readonly complete = new Set<number>()
  private forgetAtMs = 0
  private committed = false
  private wakeUp = new AbortController()

  constructor(private readonly options: IndexBuilderOptions) {
    this.builds = new IndexBuilds(options, lockTimeoutMs)
  }

  /** Rows were committed, so there may be something to see. Called after every transaction. */
  noticeCommit(): void {
    this.committed = true
    this.wakeUp.abort()
  }

  /** Looks and builds until told to stop; a build in hand is finished. Never rejects. */
  async run(): Promise<void> {
    const { settings, telemetry, stop } = this.options
    const pauseMs = Math.min(settings.indexQuietMs / 2, longestPauseMs)
    while (!stop.aborted) {
      this.committed = false
      this.wakeUp = new AbortController()
      const lookedAtMs = performance.now()
      try {
        for (const [partition, how] of await this.look()) {
          // The rest waits for another look: meanwhile one that is being written may have grown large.
          if (stop.aborted || performance.now() - lookedAtMs > longestPauseMs) break
          await this.builds.attempt(partition, how)
        }
      } catch (error) {
        if (stop.aborted) return
        telemetry.loopFailed({ loop: 'build indexes', error, retryInMs: failurePauseMs })
        await sleep(failurePauseMs, stop)
      }
      const isIdle = this.growth.size === 0 && !this.committed
      if (isIdle) await sleep(fullLookEveryMs, AbortSignal.any([stop, this.wakeUp.signal]))
      else await sleep(pauseMs, stop)
    }
  }

  /** The partitions to be built now, the largest first. */
  private async look(): Promise<Array<[PartitionIndexes, HowToBuild]>> {
    if (performance.now() >= this.forgetAtMs) {
      this.complete.clear()
      this.forgetAtMs = performance.now() + fullLookEveryMs
    }
    const seen = await this.builds.look(this.complete)
    const nowMs = performance.now()
    const growth = new Map<number, Growth>()
    const due: Array<[PartitionIndexes, HowToBuild]> = []
    for (const partition of seen) {
      const { oid, bytes, missing } = partition
      if (missing.length === 0) {
        this.complete.add(oid)
        continue
      }
      if (!lacksIndexes(partition)) continue
      const observed = observeGrowth(this.growth.get(oid), bytes, nowMs)
      growth.set(oid, observed)
      const decision = decideBuild(observed, this.options.settings, nowMs)
      if (decision !== 'wait' && this.builds.mayAttempt(oid)) due.push([partition, decision])
    }
    this.growth = growth
    return due
  }
}
