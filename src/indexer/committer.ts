import type pg from 'pg'
import { failpoint } from '../lifecycle/failpoints.js'
import type { LoopSignal } from '../lifecycle/loop-signal.js'
import { StoppedError, throughPostgresOutages, throughRedisOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogType, LogTypeRegistry } from '../log-types/log-type.js'
import { endSilentCopies } from '../postgres/silent-copies.js'
import { classifyFailure, isLockTimeout } from '../postgres/sqlstate.js'
import type { Settings } from '../settings/declaration.js'
import { uncompressBlock } from '../streams/compression.js'
import type { Delivery } from '../streams/consumer-group.js'
import { UnopenableEntryError } from '../streams/envelope.js'
import { indexersGroup } from '../streams/keys.js'
import { maxPartBytes } from '../streams/rows-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { identifyBatch } from '../streams/trace-context.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { BatchInHand, QueuedBatch } from './batch-in-hand.js'
import { type Batch, type Commit, commitBatches } from './commit.js'
import { summarizeCommit } from './commit-summary.js'
import { hashLines } from './line-hashes.js'
import { Partitions } from './partitions.js'
import { findRefusedRows, setRowsAside } from './refused-rows.js'

export interface CommitterOptions {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly registry: LogTypeRegistry
  readonly settings: Settings['indexer']
  readonly telemetry: IndexerTelemetry
  readonly stop: AbortSignal
}

/** Pause after a failure that neither waiting nor setting a row aside mends: a missing table, a lacking right. */
const fatalPauseMs = 5000

/**
 * Gets batches of one type committed, whatever Postgres says:
 *
 *   outage               wait, the same again
 *   a value is refused   each batch alone; of the one at fault the refused rows become dead letters
 *   anything else        hold the batches, report, try again: a person has to mend the schema
 *
 * and acknowledges them after COMMIT.
 */
export class Committer {
  private readonly partitions: Partitions

  constructor(
    private readonly options: CommitterOptions,
    private readonly setAside: (delivery: Delivery, reason: string) => Promise<void>,
  ) {
    this.partitions = new Partitions(options.pool, options.settings)
  }

  /** @throws StoppedError when told to stop in an outage; what is not acknowledged stays pending. */
  async commit(queued: readonly QueuedBatch[], loop: LoopSignal): Promise<void> {
    const items: BatchInHand[] = []
    for (const one of queued) {
      const { delivery, opened } = one
      try {
        items.push({ delivery, opened, batch: this.openBatch(one) })
      } catch (error) {
        if (!(error instanceof UnopenableEntryError)) throw error
        await this.setAside(delivery, error.message)
      }
    }
    if (items.length > 0) await this.commitItems(items, loop)
  }

  /** @throws UnopenableEntryError */
  private openBatch({ opened, copyColumns }: QueuedBatch): Batch {
    const { meta, body, uncompress } = opened
    const batch = { meta, copyColumns, ...uncompress() }
    if (this.options.registry.byName(meta.logType)?.dedup !== 'record') return batch
    return { ...batch, lineHashes: hashLines(uncompressBlock(body, meta.bodyBytes, maxPartBytes), meta) }
  }

  private async commitItems(items: readonly BatchInHand[], loop: LoopSignal): Promise<void> {
    const { registry, telemetry, stop } = this.options
    const { logType } = items[0]!.batch.meta
    const type = registry.byName(logType)
    const began = performance.now()
    for (;;) {
      try {
        const commit = await this.write(
          type,
          items.map(({ batch }) => batch),
        )
        await this.finish(items, commit, (performance.now() - began) / 1000)
        loop.beat()
        return
      } catch (error) {
        if (error instanceof StoppedError || stop.aborted) throw error
        const { kind, sqlstate } = classifyFailure(error)
        if (kind === 'data') {
          telemetry.transactionBisected({ logType, sqlstate, batches: items.length })
          if (items.length > 1) await this.commitEach(items, loop)
          else if (type !== undefined) await this.commitWithoutRefusedRows(items[0]!, type, loop)
          else throw error
          return
        }
        telemetry.loopFailed({ loop: 'commit', error, retryInMs: fatalPauseMs })
        loop.waiting('somebody to mend what PostgreSQL refuses; the log says what')
        await sleep(fatalPauseMs, stop)
      }
    }
  }

  /** One that cannot be committed does not keep the others from it. */
  private async commitEach(items: readonly BatchInHand[], loop: LoopSignal): Promise<void> {
    const failures: unknown[] = []
    for (const item of items) {
      await this.commitItems([item], loop).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  private async commitWithoutRefusedRows(item: BatchInHand, type: LogType, loop: LoopSignal): Promise<void> {
    const { pool, telemetry, stop } = this.options
    const { batch, opened } = item
    const began = performance.now()
    const body = uncompressBlock(opened.body, opened.meta.bodyBytes, maxPartBytes)
    const refused = await throughPostgresOutages(
      () => findRefusedRows(pool, type, batch.rows, loop.beat, batch.copyColumns),
      telemetry,
      stop,
    )
    if (refused.length === 0) throw new TypeError('PostgreSQL refuses the batch, but none of its rows')
    for (const { sqlstate, lineOffset } of refused) {
      telemetry.rowRefused({ ...identifyBatch(opened.meta), sqlstate, lineOffset })
    }
    const rest = setRowsAside(batch, refused, body)
    const commit = await this.write(type, [rest])
    await this.finish([{ ...item, batch: rest }], commit, (performance.now() - began) / 1000)
    loop.beat()
  }

  private write(type: LogType | undefined, batches: readonly Batch[]): Promise<Commit> {
    const { pool, telemetry, stop } = this.options
    return throughPostgresOutages(
      async () => {
        const days = new Set(batches.flatMap(({ meta }) => meta.days))
        if (type !== undefined) await this.partitions.ensure(type.table, [...days])
        return commitBatches(pool, type, batches).catch(async (error: unknown) => {
          if (isLockTimeout(error)) await this.endSilentCopies()
          throw error
        })
      },
      {
        ...telemetry,
        postgresOutage(event) {
          telemetry.transactionRetried()
          telemetry.postgresOutage(event)
        },
      },
      stop,
    )
  }

  /** Whoever holds the lock may be stopped in the middle of writing what was taken over from it. */
  private async endSilentCopies(): Promise<void> {
    const { pool, telemetry } = this.options
    const sessions = await endSilentCopies(pool)
    if (sessions > 0) telemetry.silentCopiesEnded({ sessions })
  }

  /** After COMMIT: tell, acknowledge. */
  private async finish(items: readonly BatchInHand[], commit: Commit, seconds: number): Promise<void> {
    const { redis, telemetry, stop } = this.options
    const summary = summarizeCommit(items, commit, Date.now())
    for (const event of summary.duplicates) telemetry.duplicateBatch(event)
    for (const event of summary.stale) telemetry.staleBatch(event)
    if (summary.committed !== undefined) {
      const { copySeconds } = commit
      telemetry.transactionCommitted({ ...summary.committed, transactionSeconds: seconds, copySeconds })
    }
    const { keys } = items[0]!.delivery
    failpoint('indexer.committed', keys.logType)
    const began = performance.now()
    await throughRedisOutages(
      () =>
        redis.sluiceAcknowledge(
          keys.raw,
          keys.rows,
          keys.batches,
          keys.bytes,
          indexersGroup,
          ...items.flatMap(({ delivery, batch }) => [delivery.id, batch.meta.hash, delivery.bytes]),
        ),
      telemetry,
      stop,
    )
    failpoint('indexer.acknowledged', keys.logType)
    telemetry.acknowledged({ batches: items.length, seconds: (performance.now() - began) / 1000 })
  }
}
