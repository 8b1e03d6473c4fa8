import type pg from 'pg'
import { IndexBuilder } from '../indexer/index-builder.js'
import { Indexer } from '../indexer/indexer.js'
import { PartitionKeeper } from '../indexer/partition-keeper.js'
import { RollupCompactor } from '../indexer/rollup-compactor.js'
import type { WatchLoop } from '../lifecycle/loop-signal.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { runParser } from '../parser/parser.js'
import type { Settings } from '../settings/declaration.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { ParserTelemetry } from '../telemetry/parser-telemetry.js'

export type Role = 'reader' | 'parser' | 'indexer'
export const allRoles: readonly Role[] = ['reader', 'parser', 'indexer']

/** The roles that a worker process has, beside a reader. */
export type WorkerRole = Exclude<Role, 'reader'>

/** What each of them tells. */
export interface RoleTelemetry {
  readonly parser: ParserTelemetry
  readonly indexer: IndexerTelemetry
}

/** What a role needs that takes batches from streams. */
export interface RoleOptions<R extends WorkerRole> {
  readonly settings: Settings
  readonly registry: LogTypeRegistry
  readonly redis: ScriptedRedis
  /** Unique per live process. */
  readonly consumer: string
  readonly telemetry: RoleTelemetry[R]
  readonly watch: WatchLoop
  readonly stop: AbortSignal
}

/** Resolves when the parser has drained after `stop`. */
export function runParserRole(options: RoleOptions<'parser'>): Promise<void> {
  const { settings } = options
  const { keyPrefix } = settings.redis
  return runParser({ ...options, keyPrefix, connection: settings.redis, settings: settings.parser })
}

export interface IndexerRoleOptions extends RoleOptions<'indexer'> {
  readonly pool: pg.Pool
  /**
   * Without a statement timeout; indexes are built on one connection of it, days exported and dropped and rollups added
   * up on others.
   */
  readonly buildPool: pg.Pool
  /** Makes partitions ahead and applies retention, as a service does and a single ingestion does not. */
  readonly keepPartitions: boolean
}

/** Commits batches, builds indexes, adds rollups up, keeps partitions. Resolves when all have drained after `stop`. */
export async function runIndexerRole(options: IndexerRoleOptions): Promise<void> {
  const { settings, telemetry } = options
  // No loop of /healthz: a build may take longer than any silence, and no restart makes it faster.
  const builder = new IndexBuilder({ ...options, settings: settings.indexer })
  const compactor = new RollupCompactor({ ...options, settings: settings.indexer })
  const indexer = new Indexer({
    ...options,
    keyPrefix: settings.redis.keyPrefix,
    connection: settings.redis,
    settings: settings.indexer,
    telemetry: {
      ...telemetry,
      transactionCommitted(event) {
        telemetry.transactionCommitted(event)
        builder.noticeCommit()
      },
    },
  })
  const keeper = options.keepPartitions ? new PartitionKeeper(options).run() : undefined
  await Promise.all([indexer.run(), builder.run(), compactor.run(), keeper])
}
