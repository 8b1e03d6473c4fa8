import type pg from 'pg'
import { throughPostgresOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import { compactHours, selectSplitHours } from '../rollups/compact-hours.js'
import { type DeclaredRollup, selectRollups } from '../rollups/declared-rollups.js'
import type { Settings } from '../settings/declaration.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { hoursToCompact } from './rollup-decision.js'

export interface RollupCompactorOptions {
  /** Without a statement timeout: a sum that is given up each time would never be written. */
  readonly buildPool: pg.Pool
  readonly settings: Pick<Settings['indexer'], 'rollupCompactEveryMs'>
  readonly telemetry: IndexerTelemetry
  readonly stop: AbortSignal
}

/**
 * Adds up, hour by hour, what transactions have counted of it, so that readers have less to add. An hour has a part for
 * each transaction with rows of it. Every indexer process has a compactor; a lock lets one of them work at a time. What
 * it does is one transaction that takes parts and puts their sum: killed at any moment, it did it or it did not.
 */
export class RollupCompactor {
  /** Parts of each split hour at the last look, by log type. */
  private before = new Map<string, Map<string, number>>()

  constructor(private readonly options: RollupCompactorOptions) {}

  /** Looks and adds up until told to stop; a transaction in hand is finished. Never rejects. */
  async run(): Promise<void> {
    const { settings, telemetry, stop } = this.options
    while (!stop.aborted) {
      try {
        await throughPostgresOutages(() => this.look(), telemetry, stop)
      } catch (error) {
        if (stop.aborted) return
        telemetry.loopFailed({ loop: 'compact rollups', error, retryInMs: settings.rollupCompactEveryMs })
      }
      await sleep(settings.rollupCompactEveryMs, stop)
    }
  }

  /** One look at all types. */
  async look(): Promise<void> {
    const byType = new Map<string, DeclaredRollup[]>()
    for (const rollup of await selectRollups(this.options.buildPool)) {
      byType.set(rollup.logType, [...(byType.get(rollup.logType) ?? []), rollup])
    }
    const seen = new Map<string, Map<string, number>>()
    for (const [logType, rollups] of byType) {
      if (this.options.stop.aborted) return
      seen.set(logType, await this.lookAt(logType, rollups))
    }
    this.before = seen
  }

  private async lookAt(logType: string, rollups: readonly DeclaredRollup[]): Promise<Map<string, number>> {
    const { buildPool, telemetry, stop } = this.options
    const events = rollups.find(({ keys }) => keys.length === 0)
    if (events === undefined) return new Map()
    const split = await selectSplitHours(buildPool, events)
    telemetry.rollupHoursSplit({ logType, hours: split.length })
    for (const hours of hoursToCompact(split, this.before.get(logType) ?? new Map())) {
      if (stop.aborted) break
      const rows = await compactHours(buildPool, events.table, hours)
      // Another indexer is at it.
      if (rows === undefined) break
      telemetry.rollupsCompacted({ logType, hours: hours.length, rows })
    }
    return new Map(split.map(({ hour, parts }) => [hour, parts]))
  }
}
