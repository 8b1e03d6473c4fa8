import type pg from 'pg'
import { throughPostgresOutages } from '../lifecycle/outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import {
  type PartitionIndexes,
  readPartitionIndexes,
  sumUnindexed,
} from '../postgres/unindexed-partitions.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { type BuildOutcome, buildIndexes } from './build-indexes.js'
import { type HowToBuild, retryDelayMs } from './index-decision.js'

export interface IndexBuildsOptions {
  readonly pool: pg.Pool
  /** Without a statement timeout: a build takes as long as the rows are many. One connection for each at a time. */
  readonly buildPool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly telemetry: IndexerTelemetry
  readonly stop: AbortSignal
}

interface Attempts {
  readonly count: number
  readonly retryAtMs: number
}

/** Looks at partitions, attempts builds, tells of both, and remembers which attempts were in vain. */
export class IndexBuilds {
  private readonly attempts = new Map<number, Attempts>()

  constructor(
    private readonly options: IndexBuildsOptions,
    /** What writers of a partition may wait in vain; see buildIndexes. */
    private readonly lockTimeoutMs: number,
  ) {}

  /**
   * All partitions but those that are known to lack nothing. Waits for Postgres.
   * @throws StoppedError when told to stop meanwhile
   */
  async look(complete: ReadonlySet<number> = new Set()): Promise<PartitionIndexes[]> {
    const { pool, registry, telemetry, stop } = this.options
    const partitions = await throughPostgresOutages(
      () => readPartitionIndexes(pool, registry.types, { skip: [...complete] }),
      telemetry,
      stop,
    )
    for (const { name, table } of registry.types) {
      telemetry.indexesLacking({ logType: name, ...sumUnindexed(partitions, table) })
    }
    return partitions
  }

  /** Builds what the partition lacks; after an outage the next look waits, after another failure this partition. */
  async attempt(partition: PartitionIndexes, how: HowToBuild): Promise<BuildOutcome> {
    const { buildPool, registry, telemetry } = this.options
    const { oid, name, table, bytes } = partition
    const options = { pool: buildPool, tables: registry.types, lockTimeoutMs: this.lockTimeoutMs }
    const outcome = await buildIndexes(options, partition, how)
    const logType = registry.types.find((type) => type.table === table)?.name ?? table
    if (outcome.kind === 'postponed' || outcome.kind === 'failed') {
      const count = (this.attempts.get(oid)?.count ?? 0) + 1
      const retryInMs = retryDelayMs(outcome.kind, count)
      this.attempts.set(oid, { count, retryAtMs: performance.now() + retryInMs })
      const event = { logType, partition: name, retryInMs }
      if (outcome.kind === 'postponed') telemetry.indexBuildPostponed(event)
      else telemetry.indexBuildFailed({ ...event, ...outcome })
    } else {
      this.attempts.delete(oid)
      if (outcome.kind === 'built')
        telemetry.indexesBuilt({ logType, partition: name, bytes, how, ...outcome })
    }
    return outcome
  }

  mayAttempt(oid: number): boolean {
    return performance.now() >= (this.attempts.get(oid)?.retryAtMs ?? 0)
  }
}
