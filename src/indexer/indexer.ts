import { failpoint } from '../lifecycle/failpoints.js'
import type { LoopSignal, WatchLoop } from '../lifecycle/loop-signal.js'
import { StoppedError, throughRedisOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import { consume } from '../streams/consume.js'
import { ConsumerGroup, type Delivery } from '../streams/consumer-group.js'
import { readBatchMeta, UnopenableEntryError } from '../streams/envelope.js'
import { indexersGroup, typeKeys, unclassified } from '../streams/keys.js'
import { openRows } from '../streams/rows-entry.js'
import { setEntryAside } from '../streams/set-aside.js'
import { identifyBatch } from '../streams/trace-context.js'
import type { QueuedBatch } from './batch-in-hand.js'
import { BatchQueue } from './batch-queue.js'
import { Committer, type CommitterOptions } from './committer.js'
import { Layouts } from './layouts.js'

export interface IndexerOptions extends CommitterOptions {
  readonly connection: { readonly url: string; readonly commandTimeoutMs: number }
  readonly keyPrefix: string
  /** Unique per live process. */
  readonly consumer: string
  readonly watch: WatchLoop
}

/** Entries of one type in one reply: a reply is in memory whole, and every type's stream adds to it. */
const maxEntriesPerRead = 4

/** Pause after a failure of ours: the entries are let go and will be claimed, by then hopefully by somebody else. */
const failurePauseMs = 5000

/**
 * Takes parsed batches from the rows streams and commits them, on several connections at once; committer.ts says
 * how, commit.ts is the transaction. It knows no log type: table and columns come from the registry, rows are bytes.
 */
export class Indexer {
  private readonly queue = new BatchQueue<QueuedBatch>()
  private readonly group: ConsumerGroup
  private readonly committer: Committer
  private readonly layouts: Layouts
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
    this.layouts = new Layouts(options)
    this.committer = new Committer(options, (delivery, reason) => this.setAside(delivery, reason))
  }

  async run(): Promise<void> {
    const { settings, telemetry, stop, watch } = this.options
    const loop = watch('consume')
    const workers = Array.from({ length: settings.connections }, (_, index) =>
      this.commitLoop(watch(`commit ${index + 1}`)),
    )
    await consume({
      group: this.group,
      telemetry,
      countPerRead: Math.min(settings.batchesPerTransaction, maxEntriesPerRead),
      minIdleMs: settings.minIdleMs,
      claimEveryMs: settings.claimEveryMs,
      stop,
      loop,
      handle: (deliveries) => this.enqueue(deliveries, loop),
      drain: async () => {
        this.draining = true
        this.queue.wake()
        await Promise.all(workers)
      },
    })
  }

  private async enqueue(deliveries: readonly Delivery[], loop: LoopSignal): Promise<void> {
    const { registry, settings, stop } = this.options
    for (const delivery of deliveries) {
      failpoint('indexer.batch-read', delivery.keys.logType)
      try {
        const opened = openRows(delivery.fields)
        const { logType, rowsBytes, deadBytes } = opened.meta
        if (logType !== delivery.keys.logType) {
          throw new UnopenableEntryError(`meta.logType is not that of the stream ${delivery.keys.logType}`)
        }
        const copyColumns = await this.layouts.copyColumnsOf(registry.byName(logType), opened.meta)
        this.queue.push({ logType, bytes: rowsBytes + deadBytes, delivery, opened, copyColumns })
      } catch (error) {
        if (!(error instanceof UnopenableEntryError)) throw error
        await this.setAside(delivery, error.message)
      }
    }
    // One transaction's worth waits for every connection; more would only be memory.
    while (this.queue.bytes > settings.bytesPerTransaction * settings.connections && !stop.aborted) {
      // Whether they get on is for the loops that commit to tell.
      loop.rest()
      await this.queue.changed()
    }
    loop.begin()
  }

  private async commitLoop(loop: LoopSignal): Promise<void> {
    const { settings, telemetry } = this.options
    for (;;) {
      const items = this.queue.take(settings.batchesPerTransaction, settings.bytesPerTransaction)
      if (items.length === 0) {
        if (this.draining) return loop.end()
        loop.rest()
        await this.queue.changed()
        continue
      }
      loop.begin()
      try {
        await this.committer.commit(items, loop)
      } catch (error) {
        // Stopped in an outage, or a failure of ours: what is not acknowledged stays pending and is claimed.
        if (!(error instanceof StoppedError)) {
          telemetry.loopFailed({ loop: 'commit', error, retryInMs: failurePauseMs })
          await sleep(failurePauseMs, this.options.stop)
        }
      } finally {
        for (const { delivery } of items) this.group.done(delivery)
      }
    }
  }

  private async setAside(delivery: Delivery, reason: string): Promise<void> {
    const { redis, telemetry, stop } = this.options
    const moved = await throughRedisOutages(
      () => setEntryAside(redis, indexersGroup, 'rows', delivery, reason),
      telemetry,
      stop,
    )
    this.group.done(delivery)
    if (!moved) return
    const meta = readBatchMeta(delivery.fields)
    telemetry.entrySetAside({
      ...(meta === undefined ? {} : identifyBatch(meta)),
      ...{ logType: delivery.keys.logType, entryId: delivery.id, reason },
    })
  }
}
