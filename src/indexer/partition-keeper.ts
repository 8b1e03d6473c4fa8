import type pg from 'pg'
import { throughPostgresOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { withSessionLock } from '../postgres/session-lock.js'
import { applyRetention } from '../retention/apply-retention.js'
import type { Settings } from '../settings/declaration.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { Partitions } from './partitions.js'

export interface PartitionKeeperOptions {
  readonly pool: pg.Pool
  /** Without a statement timeout, with two connections for this: an export takes as long as the rows are many. */
  readonly buildPool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly settings: Settings
  readonly telemetry: IndexerTelemetry
  readonly stop: AbortSignal
}

const dayMs = 86_400_000
/** How often partitions are looked after; most looks are answered from memory. */
const lookEveryMs = 60_000
/** Pause after a failure of ours. */
const failurePauseMs = 60_000
/** Days that could not be taken out of their table are tried again after this long. */
const postponedMs = 60_000

/**
 * Looks after the partitions of all types in the background: makes those of today and the next days before rows need
 * them, when their locks are in nobody's way, and expires days that are older than their type keeps them. Every indexer
 * process has one; a lock keeps two from expiring at the same time.
 */
export class PartitionKeeper {
  private readonly partitions: Partitions
  private nextExpiryMs = 0

  constructor(private readonly options: PartitionKeeperOptions) {
    this.partitions = new Partitions(options.pool, options.settings.indexer)
  }

  /** Until told to stop; a day in hand is finished. Never rejects. */
  async run(): Promise<void> {
    const { settings, telemetry, stop } = this.options
    while (!stop.aborted) {
      try {
        await this.makeAhead()
        if (performance.now() >= this.nextExpiryMs) await this.expire()
      } catch (error) {
        if (stop.aborted) return
        telemetry.loopFailed({ loop: 'keep partitions', error, retryInMs: failurePauseMs })
      }
      await sleep(Math.min(lookEveryMs, settings.retention.everyMs), stop)
    }
  }

  private async makeAhead(): Promise<void> {
    const { registry, settings, telemetry, stop } = this.options
    const today = Math.floor(Date.now() / dayMs)
    const days = Array.from({ length: settings.indexer.partitionsMadeAheadDays + 1 }, (_, n) => today + n)
    for (const { table } of registry.types) {
      await throughPostgresOutages(() => this.partitions.ensure(table, days), telemetry, stop)
    }
  }

  private async expire(): Promise<void> {
    const { buildPool, registry, settings, telemetry, stop } = this.options
    const types = registry.types
    const outcome = await withSessionLock(buildPool, 'sluice retention', () =>
      applyRetention({
        ...{ pool: buildPool, types, stop, events: telemetry },
        directory: settings.retention.directory,
      }),
    )
    const { everyMs } = settings.retention
    this.nextExpiryMs =
      performance.now() + (outcome === 'postponed' ? Math.min(postponedMs, everyMs) : everyMs)
  }
}
