import { setImmediate } from 'node:timers/promises'
import { failpoint } from '../lifecycle/failpoints.js'
import type { WatchLoop } from '../lifecycle/loop-signal.js'
import { throughRedisOutages } from '../lifecycle/outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import type { Settings } from '../settings/declaration.js'
import { consume } from '../streams/consume.js'
import { ConsumerGroup, type Delivery } from '../streams/consumer-group.js'
import { encodeMeta, type RowsMeta, readBatchMeta, UnopenableEntryError } from '../streams/envelope.js'
import { parsersGroup, typeKeys, unclassified } from '../streams/keys.js'
import { openRaw } from '../streams/raw-entry.js'
import { packRows } from '../streams/rows-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { setEntryAside } from '../streams/set-aside.js'
import { identifyBatch, newSpanId, traceparentOf } from '../streams/trace-context.js'
import type { BatchIdentity } from '../telemetry/batch-identity.js'
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
  readonly watch: WatchLoop
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
  const loop = options.watch('consume')
  await consume({
    group,
    telemetry: options.telemetry,
    countPerRead: settings.batchesPerRead,
    minIdleMs: settings.minIdleMs,
    claimEveryMs: settings.claimEveryMs,
    stop: options.stop,
    loop,
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
          loop.beat()
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
    const identity = identifyBatch(meta)
    const spanId = newSpanId()
    const isPoison = delivery.deliveries > settings.maxDeliveries
    if (isPoison) {
      telemetry.poisonBatch({
        ...identity,
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
      ...identity,
      spanId,
      deliveries: delivery.deliveries,
      lines: meta.lines,
      rows: parsed.rowCount,
      deadLetters: parsed.deadCount,
      undeclaredRows: parsed.undeclaredRowCount,
      seconds: (performance.now() - began) / 1000,
    })
    // At once: the next batch is parsed into the same memory.
    const packed = packRows(parsed.rows, parsed.dead)
    const traceparent = traceparentOf(meta.chunk, spanId)
    const rowsMeta: RowsMeta = { ...meta, traceparent, ...packed.checks, ...describeParsed(parsed, type) }
    return () => handOver(delivery, { identity, meta: rowsMeta, packed, body: compressed }, options)
  } catch (error) {
    if (!(error instanceof UnopenableEntryError)) throw error
    return () => setAside(delivery, error.message, options)
  }
}

interface ParsedEntry {
  readonly identity: BatchIdentity
  readonly meta: RowsMeta
  readonly packed: { readonly rows: Buffer; readonly dead: Buffer }
  /** As it came. */
  readonly body: Buffer
}

async function handOver(
  delivery: Delivery,
  { identity, meta, packed, body }: ParsedEntry,
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
    telemetry.batchHandedOver({ ...identity, seconds: (performance.now() - began) / 1000 })
  } else {
    telemetry.handOffLost({ ...identity, entryId: id })
  }
}

async function setAside(delivery: Delivery, reason: string, options: ParserOptions): Promise<void> {
  const { redis, telemetry, stop } = options
  const moved = await throughRedisOutages(
    () => setEntryAside(redis, parsersGroup, 'raw', delivery, reason),
    telemetry,
    stop,
  )
  if (!moved) return
  const meta = readBatchMeta(delivery.fields)
  telemetry.entrySetAside({
    ...(meta === undefined ? {} : identifyBatch(meta)),
    logType: delivery.keys.logType,
    entryId: delivery.id,
    reason,
  })
}
