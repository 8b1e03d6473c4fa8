import { setImmediate } from 'node:timers/promises'
import { failpoint } from '../lifecycle/failpoints.js'
import { throughRedisOutages } from '../lifecycle/outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { Settings } from '../settings/declaration.js'
import { consume } from '../streams/consume.js'
import { ConsumerGroup, type Delivery } from '../streams/consumer-group.js'
import { encodeMeta, type RowsMeta, UnopenableEntryError } from '../streams/envelope.js'
import { parsersGroup, typeKeys, unclassified } from '../streams/keys.js'
import { openRaw } from '../streams/raw-entry.js'
import { packRows } from '../streams/rows-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { setEntryAside } from '../streams/set-aside.js'
import type { ParserTelemetry } from '../telemetry/parser-telemetry.js'
import { describeParsed, ParseBuffers, parseBatch } from './parse-batch.js'

export interface ParserOptions {
  readonly redis: ScriptedRedis
  readonly connection: { readonly url: string; readonly commandTimeoutMs: number }
  readonly keyPrefix: string
  /** Unique per live process. */
  readonly consumer: string
  readonly registry: LogTypeRegistry
  readonly settings: Settings['parser']
  readonly telemetry: ParserTelemetry
  /** Called whenever the loop has got on, or has seen that there is nothing to do. */
  readonly beat: () => void
  readonly stop: AbortSignal
}

/** Takes raw batches, parses them, hands rows over; see parse-batch.ts for what happens to a line. */
export async function runParser(options: ParserOptions): Promise<void> {
  const { redis, registry, settings, keyPrefix } = options
  const names = [...registry.types.map((type) => type.name), unclassified]
  const group = new ConsumerGroup({
    redis,
    connection: options.connection,
    group: parsersGroup,
    consumer: options.consumer,
    types: names.map((name) => typeKeys(keyPrefix, name)),
    stream: 'raw',
    blockMs: settings.blockMs,
  })
  const buffers = new ParseBuffers()
  await consume({
    group,
    telemetry: options.telemetry,
    countPerRead: settings.batchesPerRead,
    minIdleMs: settings.minIdleMs,
    claimEveryMs: settings.claimEveryMs,
    stop: options.stop,
    beat: options.beat,
    handle: async (deliveries) => {
      // Parsing is done in order, one batch at a time; hand-offs overlap with it.
      const handOffs: Promise<void>[] = []
      try {
        for (const delivery of deliveries) {
          const handOff = parseDelivery(delivery, buffers, options)
          const handedOff = handOff().finally(() => group.done(delivery))
          // Its failure is seen at the end; without a listener until then it would end the process.
          handedOff.catch(() => {})
          handOffs.push(handedOff)
          options.beat()
          // Parsing holds the thread: what else this process does must get on between two batches.
          await setImmediate()
        }
      } finally {
        await Promise.allSettled(handOffs)
      }
      await Promise.all(handOffs)
    },
  })
}

/** Parses one entry and returns what is left to do for it over the network. */
function parseDelivery(
  delivery: Delivery,
  buffers: ParseBuffers,
  options: ParserOptions,
): () => Promise<void> {
  const { registry, settings, telemetry } = options
  const { keys } = delivery
  failpoint('parser.batch-read', keys.logType)
  try {
    const type = registry.byName(keys.logType)
    const { meta, compressed, body } = openRaw(delivery.fields, keys.logType)
    const isPoison = delivery.deliveries > settings.maxDeliveries
    if (isPoison) {
      telemetry.poisonBatch({
        logType: keys.logType,
        entryId: delivery.id,
        lines: meta.lines,
        deliveries: delivery.deliveries,
      })
    } else {
      failpoint('parser.batch-parsing', keys.logType)
    }
    const began = performance.now()
    const parsed = parseBatch(body, meta, type, buffers, isPoison ? 'poison_batch' : undefined)
    telemetry.batchParsed({
      logType: keys.logType,
      lines: meta.lines,
      rows: parsed.rowCount,
      deadLetters: parsed.deadCount,
      seconds: (performance.now() - began) / 1000,
    })
    // At once: the next batch is parsed into the same memory.
    const packed = packRows(parsed.rows, parsed.dead)
    const rowsMeta: RowsMeta = { ...meta, ...packed.checks, ...describeParsed(parsed, type) }
    return () => handOver(delivery, rowsMeta, packed, compressed, options)
  } catch (error) {
    if (!(error instanceof UnopenableEntryError)) throw error
    return () => setAside(delivery, error.message, options)
  }
}

async function handOver(
  delivery: Delivery,
  meta: RowsMeta,
  packed: { readonly rows: Buffer; readonly dead: Buffer },
  body: Buffer,
  { redis, telemetry, stop }: ParserOptions,
): Promise<void> {
  const { keys, id, bytes } = delivery
  failpoint('parser.batch-parsed', keys.logType)
  const began = performance.now()
  const handed = await throughRedisOutages(
    () =>
      redis.sluiceHandOff(
        keys.raw,
        keys.rows,
        keys.batches,
        keys.bytes,
        parsersGroup,
        id,
        bytes,
        meta.hash,
        encodeMeta(meta),
        packed.rows,
        packed.dead,
        body,
      ),
    telemetry,
    stop,
  )
  failpoint('parser.batch-handed-over', keys.logType)
  if (handed === 1) {
    telemetry.batchHandedOver({ logType: keys.logType, seconds: (performance.now() - began) / 1000 })
  } else {
    telemetry.handOffLost({ logType: keys.logType, entryId: id })
  }
}

async function setAside(delivery: Delivery, reason: string, options: ParserOptions): Promise<void> {
  const { redis, telemetry, stop } = options
  const moved = await throughRedisOutages(
    () => setEntryAside(redis, parsersGroup, 'raw', delivery, reason),
    telemetry,
    stop,
  )
  if (moved) telemetry.entrySetAside({ logType: delivery.keys.logType, entryId: delivery.id, reason })
}
