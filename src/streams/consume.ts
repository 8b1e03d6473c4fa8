import type { LoopSignal } from '../lifecycle/loop-signal.js'
import { StoppedError, throughRedisOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import type { OutageTelemetry } from '../telemetry/outage-telemetry.js'
import { type ConsumerGroup, type Delivery, isMissingGroup } from './consumer-group.js'

export interface ConsumerTelemetry extends OutageTelemetry {
  batchesRead(event: { logType: string; batches: number }): void
  claimed(event: { logType: string; batches: number }): void
  orphansRemoved(event: { logType: string; entries: number }): void
}

export interface ConsumeOptions {
  readonly group: ConsumerGroup
  readonly telemetry: ConsumerTelemetry
  readonly countPerRead: number
  /** Idle time after which an entry counts as abandoned; entries in work are refreshed three times as often. */
  readonly minIdleMs: number
  readonly claimEveryMs: number
  readonly stop: AbortSignal
  readonly loop: LoopSignal
  /**
   * Called with new or claimed entries, never twice at a time. Resolves when more may be read; reports each entry
   * to group.done when it is dealt with. After a rejection the entries stay pending and are claimed later.
   */
  readonly handle: (deliveries: Delivery[]) => Promise<void>
  /** Awaited before leaving: work that goes on after handle has resolved. */
  readonly drain?: () => Promise<void>
}

/**
 * A consumer without pending entries to which nothing was delivered for so long is most likely gone. One that lives
 * after all is there again with the next entry that it is given.
 */
const forgetIdleMs = 3_600_000

/** The loop of a consumer: read, handle, now and then claim; until told to stop, then drain and leave. */
export async function consume(options: ConsumeOptions): Promise<void> {
  const { group, telemetry, stop, loop } = options
  const stopReading = () => {
    void group.unblock()
  }
  stop.addEventListener('abort', stopReading, { once: true })
  const refreshing = setInterval(() => {
    // A failure shows in every other command; the next refresh is soon enough.
    group.refresh().catch(() => {})
  }, options.minIdleMs / 3)
  let claimAtMs = performance.now()
  let forgetAtMs = performance.now()
  try {
    while (!stop.aborted) {
      const deliveries: Delivery[] = []
      try {
        if (performance.now() >= claimAtMs) {
          const claim = () => group.claim(options.minIdleMs, options.countPerRead).catch(ignoreMissingGroup)
          const claimed = await throughRedisOutages(claim, telemetry, stop)
          countByType(claimed, (event) => telemetry.claimed(event))
          // A failure shows in every other command, and what stays is found the next time.
          const orphans = await group.removeOrphans().catch(() => new Map<string, number>())
          for (const [logType, entries] of orphans) telemetry.orphansRemoved({ logType, entries })
          deliveries.push(...claimed)
          if (performance.now() >= forgetAtMs) {
            // Only tidiness: a name that stays costs nothing but a line in a list.
            await group.forgetIdleConsumers(forgetIdleMs).catch(() => {})
            forgetAtMs = performance.now() + forgetIdleMs
          }
          // There may be more of what a consumer left behind.
          const found = claimed.length + orphans.size > 0
          claimAtMs = performance.now() + (found ? 0 : options.claimEveryMs)
        }
        if (deliveries.length === 0) {
          const read = await throughRedisOutages(() => group.read(options.countPerRead), telemetry, stop)
          countByType(read, (event) => telemetry.batchesRead(event))
          deliveries.push(...read)
        }
        if (deliveries.length > 0) await options.handle(deliveries)
        loop.beat()
      } catch (error) {
        if (error instanceof StoppedError) break
        // Not in work any more, so no longer refreshed: they will be claimed.
        for (const delivery of deliveries) group.done(delivery)
        telemetry.loopFailed({ loop: 'consume', error, retryInMs: 1000 })
        await sleep(1000, stop)
      }
    }
    loop.end()
    await options.drain?.()
  } finally {
    loop.end()
    clearInterval(refreshing)
    stop.removeEventListener('abort', stopReading)
    group.discardBlockingConnection()
    // Not leaving costs nothing: an idle name without entries is removed by whoever sees it.
    await group.leave().catch(() => 0)
  }
}

/** The group is created by the next read. */
function ignoreMissingGroup(error: unknown): Delivery[] {
  if (isMissingGroup(error)) return []
  throw error
}

function countByType(
  deliveries: readonly Delivery[],
  count: (event: { logType: string; batches: number }) => void,
): void {
  const byType = new Map<string, number>()
  for (const { keys } of deliveries) byType.set(keys.logType, (byType.get(keys.logType) ?? 0) + 1)
  for (const [logType, batches] of byType) count({ logType, batches })
}
