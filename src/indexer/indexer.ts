import type pg from 'pg'
import { StoppedError, throughPostgresOutages, throughRedisOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import type { Settings } from '../settings/declaration.js'
import { uncompressBlock } from '../streams/compression.js'
import { consume } from '../streams/consume.js'
import { ConsumerGroup, type Delivery } from '../streams/consumer-group.js'
import { UnopenableEntryError } from '../streams/envelope.js'
import { indexersGroup, typeKeys, unclassified } from '../streams/keys.js'
import { maxPartBytes, type UnpackedRows, unpackRows } from '../streams/rows-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { setEntryAside } from '../streams/set-aside.js'
import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { BatchQueue } from './batch-queue.js'
import { type Batch, type Commit, commitBatches } from './commit.js'
import { Partitions } from './partitions.js'
import { findRefusedRows, setRowsAside } from './refused-rows.js'

export interface IndexerOptions {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly connection: { readonly url: string; readonly commandTimeoutMs: number }
  readonly keyPrefix: string
  /** Unique per live process. */
  readonly consumer: string
  readonly registry: LogTypeRegistry
  readonly settings: Settings['indexer']
  readonly telemetry: IndexerTelemetry
  /** Called whenever the loop has got on, or has seen that there is nothing to do. */
  readonly beat: () => void
  readonly stop: AbortSignal
}

interface QueuedBatch {
  readonly logType: string
  readonly bytes: number
  readonly delivery: Delivery
  readonly unpacked: UnpackedRows
}

/** Pause after a failure that neither waiting nor setting a row aside mends: a missing table, a lacking right. */
const fatalPauseMs = 5000

/** Takes parsed batches and commits them; see commit.ts for the transaction. */
export class Indexer {
  private readonly queue = new BatchQueue<QueuedBatch>()
  private readonly group: ConsumerGroup
  private readonly partitions: Partitions
  private draining = false

  constructor(private readonly options: IndexerOptions) {
    const { redis, registry, settings, keyPrefix } = options
    const names = [...registry.types.map((type) => type.name), unclassified]
    this.group = new ConsumerGroup({
      redis,
      connection: options.connection,
      group: indexersGroup,
      consumer: options.consumer,
      types: names.map((name) => typeKeys(keyPrefix, name)),
      stream: 'rows',
      blockMs: settings.blockMs,
    })
    this.partitions = new Partitions(options.pool, settings)
  }

  async run(): Promise<void> {
    const { settings, telemetry, stop, beat } = this.options
    const workers = Array.from({ length: settings.connections }, () => this.commitLoop())
    await consume({
      group: this.group,
      telemetry,
      countPerRead: settings.batchesPerTransaction,
      minIdleMs: settings.minIdleMs,
      claimEveryMs: settings.claimEveryMs,
      stop,
      beat,
      handle: (deliveries) => this.enqueue(deliveries),
      drain: async () => {
        this.draining = true
        this.queue.wake()
        await Promise.all(workers)
      },
    })
  }

  private async enqueue(deliveries: Delivery[]): Promise<void> {
    const { settings, stop } = this.options
    for (const delivery of deliveries) {
      try {
        const unpacked = await unpackRows(delivery.fields)
        const { logType } = unpacked.meta
        if (logType !== delivery.keys.logType) {
          throw new UnopenableEntryError(`meta.logType is not that of the stream ${delivery.keys.logType}`)
        }
        const bytes = unpacked.rows.length + unpacked.dead.length
        this.queue.push({ logType, bytes, delivery, unpacked })
      } catch (error) {
        if (!(error instanceof UnopenableEntryError)) throw error
        await this.setAside(delivery, error.message)
      }
    }
    // One transaction's worth waits for every connection; more would only be memory.
    while (this.queue.bytes > settings.bytesPerTransaction * settings.connections && !stop.aborted) {
      await this.queue.changed()
    }
  }

  private async commitLoop(): Promise<void> {
    const { settings, telemetry } = this.options
    for (;;) {
      const items = this.queue.take(settings.batchesPerTransaction, settings.bytesPerTransaction)
      if (items.length === 0) {
        if (this.draining) return
        await this.queue.changed()
        continue
      }
      try {
        await this.commit(items)
      } catch (error) {
        // Stopped in an outage, or a failure of ours: what is not acknowledged stays pending and is claimed.
        if (!(error instanceof StoppedError)) {
          telemetry.loopFailed({ loop: 'commit', error, retryInMs: fatalPauseMs })
        }
      } finally {
        for (const { delivery } of items) this.group.done(delivery)
      }
    }
  }

  private async commit(items: readonly QueuedBatch[]): Promise<void> {
    const { pool, registry, telemetry, stop } = this.options
    const type = registry.byName(items[0]!.logType)
    const batches = items.map(({ unpacked }) => unpacked)
    const began = performance.now()
    for (;;) {
      try {
        const commit = await throughPostgresOutages(
          async () => {
            if (type !== undefined) {
              await this.partitions.ensure(type.table, [...new Set(batches.flatMap(({ meta }) => meta.days))])
            }
            return commitBatches(pool, type, batches)
          },
          {
            ...telemetry,
            postgresOutage: (event) => {
              telemetry.transactionRetried()
              telemetry.postgresOutage(event)
            },
          },
          stop,
        )
        await this.finish(items, batches, commit, (performance.now() - began) / 1000)
        return
      } catch (error) {
        const { kind, sqlstate } = classifyFailure(error)
        if (error instanceof StoppedError || stop.aborted) throw error
        if (kind !== 'data') {
          // Nobody's line is to blame and no waiting helps; a person has to. Hold what we have and say so.
          telemetry.loopFailed({ loop: 'commit', error, retryInMs: fatalPauseMs })
          await sleep(fatalPauseMs, stop)
          continue
        }
        telemetry.transactionBisected({ logType: items[0]!.logType, sqlstate, batches: items.length })
        if (items.length > 1) {
          for (const item of items) await this.commit([item])
        } else {
          await this.commitWithoutRefusedRows(items[0]!)
        }
        return
      }
    }
  }

  private async commitWithoutRefusedRows(item: QueuedBatch): Promise<void> {
    const { pool, registry, telemetry, stop } = this.options
    const type = registry.byName(item.logType)
    if (type === undefined) throw new TypeError(`rows were refused for ${item.logType}, which has no table`)
    const began = performance.now()
    const { meta, rows, dead, body } = item.unpacked
    const bodyBytes = await uncompressBlock(body, meta.bodyBytes, maxPartBytes)
    const refused = await throughPostgresOutages(() => findRefusedRows(pool, type, rows), telemetry, stop)
    const batch = setRowsAside({ meta, rows, dead }, refused, bodyBytes)
    for (const row of refused) {
      telemetry.rowRefused({
        logType: item.logType,
        sqlstate: row.sqlstate,
        sourceId: meta.sourceId,
        lineOffset: row.lineOffset,
      })
    }
    const commit = await throughPostgresOutages(() => commitBatches(pool, type, [batch]), telemetry, stop)
    await this.finish([item], [batch], commit, (performance.now() - began) / 1000)
  }

  /** After COMMIT: acknowledge, count. */
  private async finish(
    items: readonly QueuedBatch[],
    batches: readonly Batch[],
    commit: Commit,
    transactionSeconds: number,
  ): Promise<void> {
    const { redis, telemetry, beat } = this.options
    const { logType } = items[0]!
    const { keys } = items[0]!.delivery
    this.tell(logType, items, batches, commit, transactionSeconds)
    const began = performance.now()
    await throughRedisOutages(
      () =>
        redis.sluiceAcknowledge(
          keys.raw,
          keys.rows,
          keys.batches,
          keys.bytes,
          indexersGroup,
          ...items.flatMap(({ delivery, unpacked }) => [delivery.id, unpacked.meta.hash, delivery.bytes]),
        ),
      telemetry,
      this.options.stop,
    )
    telemetry.acknowledged({ batches: items.length, seconds: (performance.now() - began) / 1000 })
    beat()
  }

  private tell(
    logType: string,
    items: readonly QueuedBatch[],
    batches: readonly Batch[],
    commit: Commit,
    transactionSeconds: number,
  ): void {
    const { telemetry } = this.options
    const counted = new Set<string>()
    const committed: Batch[] = []
    items.forEach(({ delivery }, index) => {
      const { meta } = batches[index]!
      const outcome = counted.has(meta.hash) ? 'duplicate' : commit.outcomes.get(meta.hash)
      counted.add(meta.hash)
      if (outcome === 'committed') committed.push(batches[index]!)
      else if (outcome === 'stale') telemetry.staleBatch({ logType, entryId: delivery.id })
      else telemetry.duplicateBatch({ logType, entryId: delivery.id })
    })
    if (committed.length === 0) return
    const deadLetters: Record<string, number> = {}
    for (const { meta } of committed) {
      for (const [reason, count] of Object.entries(meta.reasons)) {
        deadLetters[reason] = (deadLetters[reason] ?? 0) + count
      }
    }
    const newest = committed.reduce(
      (max, { meta }) => Math.max(max, meta.lastEventMs ?? -Infinity),
      -Infinity,
    )
    const nowMs = Date.now()
    telemetry.transactionCommitted({
      logType,
      batches: committed.length,
      rows: committed.reduce((total, { meta }) => total + meta.rows, 0),
      deadLetters,
      transactionSeconds,
      copySeconds: commit.copySeconds,
      newestEventMs: Number.isFinite(newest) ? newest : undefined,
      readToCommitSeconds: committed.map(({ meta }) => Math.max(0, nowMs - meta.cutAtMs) / 1000),
    })
  }

  private async setAside(delivery: Delivery, reason: string): Promise<void> {
    const { redis, telemetry, stop } = this.options
    const moved = await throughRedisOutages(
      () => setEntryAside(redis, indexersGroup, 'rows', delivery, reason),
      telemetry,
      stop,
    )
    this.group.done(delivery)
    if (moved) telemetry.entrySetAside({ logType: delivery.keys.logType, entryId: delivery.id, reason })
  }
}
