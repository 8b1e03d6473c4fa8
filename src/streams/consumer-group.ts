import type { Redis } from 'ioredis'
import { createBlockingRedis, type RedisOptions } from './client.js'
import { entryBytes } from './envelope.js'
import type { TypeKeys } from './keys.js'
import type { ScriptedRedis } from './scripts/index.js'

/** One delivered stream entry; in work until it is acknowledged, handed over, set aside or let go. */
export interface Delivery {
  readonly keys: TypeKeys
  readonly id: string
  /** Names and values in turn. */
  readonly fields: readonly Buffer[]
  readonly bytes: number
  /** How often it was delivered, this time included: the count of a batch that kills its consumers rises. */
  readonly deliveries: number
}

export interface ConsumerGroupOptions {
  readonly redis: ScriptedRedis
  readonly connection: RedisOptions
  readonly group: string
  /** Unique per live process: pending entries belong to this name. */
  readonly consumer: string
  readonly types: readonly TypeKeys[]
  readonly stream: 'raw' | 'rows'
  readonly blockMs: number
}

type Entry = [id: Buffer, fields: Buffer[]]
type Pending = [id: string, consumer: string, idleMs: number, deliveries: number]

/** Oldest entries of a stream among which orphans are looked for; each is copied once to be measured. */
const orphansSoughtAmong = 8

/**
 * One consumer's membership in a group over the streams of all types: reads new entries, claims those of dead
 * consumers, keeps its own in work from being claimed.
 */
export class ConsumerGroup {
  private readonly inWork = new Map<string, Delivery>()
  private blocking: Redis | undefined
  private blockingId: number | undefined
  /** Entries may have been delivered on a connection that broke: they are ours, and we never saw them. */
  private drainOwn = false

  constructor(private readonly options: ConsumerGroupOptions) {}

  get inWorkCount(): number {
    return this.inWork.size
  }

  /**
   * Waits up to blockMs for new entries, at most countPerStream of each type's stream; creates groups that are gone.
   * A failure throws; the next call starts on a new connection and first collects what was delivered unseen.
   */
  async read(countPerStream: number): Promise<Delivery[]> {
    try {
      return await this.readOnce(countPerStream)
    } catch (error) {
      // Only when one is missing: a full Redis refuses to create even what is there.
      if (!isMissingGroup(error)) throw error
      await this.createGroups()
      return this.readOnce(countPerStream)
    }
  }

  private async readOnce(countPerStream: number): Promise<Delivery[]> {
    try {
      if (this.drainOwn) {
        const unseen = await this.collectUnseen(countPerStream)
        if (unseen.length > 0) return unseen
        this.drainOwn = false
      }
      return await this.readNew(countPerStream)
    } catch (error) {
      if (!isMissingGroup(error)) {
        this.discardBlockingConnection()
        this.drainOwn = true
      }
      throw error
    }
  }

  private async readNew(countPerStream: number): Promise<Delivery[]> {
    const { group, consumer, types, blockMs } = this.options
    if (this.blocking === undefined) {
      this.blocking = createBlockingRedis(this.options.connection, blockMs)
      this.blockingId = await this.blocking.client('ID')
    }
    const keys = types.map((type) => this.key(type))
    const reply = (await this.blocking.callBuffer(
      'XREADGROUP',
      'GROUP',
      group,
      consumer,
      'COUNT',
      String(countPerStream),
      'BLOCK',
      String(blockMs),
      'STREAMS',
      ...keys,
      ...keys.map(() => '>'),
    )) as Array<[Buffer, Entry[]]> | null
    const deliveries: Delivery[] = []
    for (const [key, entries] of reply ?? []) {
      const type = types[keys.indexOf(key.toString())]
      // Skipping it would leave its entries pending under our name, unseen.
      if (type === undefined) throw new Error('XREADGROUP answered for a stream that was not asked for')
      for (const entry of entries) this.take(deliveries, type, entry, 1)
    }
    return deliveries
  }

  /**
   * What is pending under our name and not in work. Reading one's own pending entries with XREADGROUP would count
   * as a delivery of each, those in work included: an outage must not make a batch look like poison.
   */
  private async collectUnseen(countPerStream: number): Promise<Delivery[]> {
    const { redis, group, consumer, types } = this.options
    const deliveries: Delivery[] = []
    try {
      for (const type of types) {
        const key = this.key(type)
        // From the oldest on: ask for enough to see past those in work.
        const count = String(this.inWork.size + countPerStream)
        const pending = (await redis.call('XPENDING', key, group, '-', '+', count, consumer)) as Pending[]
        for (const [id, , , times] of pending) {
          if (this.inWork.has(workKey(key, id))) continue
          const [entry] = await redis.xrangeBuffer(key, id, id)
          if (entry !== undefined) this.take(deliveries, type, entry, times)
          // Deleted while pending: there is nothing left to do for it.
          else await redis.xack(key, group, id)
        }
      }
    } catch (error) {
      // What was collected is in work by now: it has to be handed out, or it would be kept fresh and never seen.
      if (deliveries.length === 0) throw error
    }
    return deliveries
  }

  /**
   * Takes over entries that nobody refreshed for minIdleMs, at most count of each stream. An entry that was delivered
   * more than once before comes alone: should it be what ends its consumers, it takes nothing else along.
   */
  async claim(minIdleMs: number, count: number): Promise<Delivery[]> {
    const deliveries: Delivery[] = []
    const suspects: Array<{ type: TypeKeys; pending: Pending }> = []
    try {
      for (const type of this.options.types) {
        const idle = await this.selectIdle(type, minIdleMs, count)
        const others = idle.filter(([, , , times]) => times <= 1)
        if (others.length > 0) await this.takeOver(deliveries, type, minIdleMs, others)
        else if (idle[0] !== undefined) suspects.push({ type, pending: idle[0] })
      }
      for (const { type, pending } of suspects) {
        if (deliveries.length > 0) break
        await this.takeOver(deliveries, type, minIdleMs, [pending])
      }
    } catch (error) {
      // What was taken over is in work by now: it has to be handed out, or it would never be seen again.
      if (deliveries.length === 0) throw error
    }
    return deliveries
  }

  private async selectIdle(type: TypeKeys, minIdleMs: number, count: number): Promise<Pending[]> {
    const { redis, group } = this.options
    const key = this.key(type)
    const limit = String(count + this.inWork.size)
    const pending = await redis.call('XPENDING', key, group, 'IDLE', String(minIdleMs), '-', '+', limit)
    return (pending as Pending[]).filter(([id]) => !this.inWork.has(workKey(key, id))).slice(0, count)
  }

  private async takeOver(
    into: Delivery[],
    type: TypeKeys,
    minIdleMs: number,
    pending: readonly Pending[],
  ): Promise<void> {
    const { redis, group, consumer } = this.options
    const timesById = new Map(pending.map(([id, , , times]) => [id, times + 1]))
    // XCLAIM compares the idle time again, so of two claimants one gets the entry.
    const claimed = (await redis.callBuffer(
      'XCLAIM',
      this.key(type),
      group,
      consumer,
      String(minIdleMs),
      ...timesById.keys(),
    )) as Entry[]
    for (const entry of claimed) this.take(into, type, entry, timesById.get(entry[0].toString()) ?? 1)
  }

  /** Removes what was delivered once and is pending with nobody; returns how many entries, by log type. */
  async removeOrphans(): Promise<Map<string, number>> {
    const { redis, group, types, stream } = this.options
    const removed = new Map<string, number>()
    for (const type of types) {
      const args = [this.key(type), type.batches, type.bytes, group, stream, orphansSoughtAmong]
      const entries = await redis.sluiceRemoveOrphans(...args)
      if (entries > 0) removed.set(type.logType, entries)
    }
    return removed
  }

  /** Resets the idle time of the entries in work that are still ours. */
  async refresh(): Promise<void> {
    const { redis, group, consumer, types } = this.options
    for (const type of types) {
      const key = this.key(type)
      const ids = [...this.inWork.values()].filter((one) => one.keys === type).map((one) => one.id)
      if (ids.length > 0) await redis.sluiceRefresh(key, group, consumer, ...ids)
    }
  }

  /** The entry is dealt with, or somebody else has it: it is not in work here any more. */
  done(delivery: Delivery): void {
    this.inWork.delete(workKey(this.key(delivery.keys), delivery.id))
  }

  /** Leaves the group where nothing is pending under this name; what is pending will be claimed. */
  async leave(): Promise<void> {
    const { redis, group, consumer, types } = this.options
    for (const type of types) await redis.sluiceLeave(this.key(type), group, consumer)
  }

  /** Removes the names of processes that were killed long ago and left nothing pending. */
  async forgetIdleConsumers(idleMs: number): Promise<void> {
    const { redis, group, types } = this.options
    for (const type of types) await removeIdleConsumers(redis, this.key(type), group, idleMs)
  }

  /**
   * Ends a read that is waiting, at the latest after blockMs. Closing its connection instead could leave an entry
   * delivered to nobody: it would be pending under our name until somebody claims it.
   */
  async unblock(): Promise<void> {
    if (this.blockingId === undefined) return
    await this.options.redis.client('UNBLOCK', this.blockingId).catch(() => 0)
  }

  /** Gives up a connection for blocking reads; a read that is waiting throws. */
  discardBlockingConnection(): void {
    this.blocking?.disconnect()
    this.blocking = undefined
  }

  private async createGroups(): Promise<void> {
    for (const type of this.options.types) {
      await createGroup(this.options.redis, this.key(type), this.options.group)
    }
  }

  private take(into: Delivery[], keys: TypeKeys, [entryId, fields]: Entry, deliveries: number): void {
    const id = entryId.toString()
    const key = workKey(this.key(keys), id)
    if (this.inWork.has(key)) return
    const delivery = { keys, id, fields, bytes: entryBytes(fields), deliveries }
    this.inWork.set(key, delivery)
    into.push(delivery)
  }

  private key(type: TypeKeys): string {
    return this.options.stream === 'raw' ? type.raw : type.rows
  }
}

function workKey(key: string, id: string): string {
  return `${key} ${id}`
}

export function isMissingGroup(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOGROUP')
}

/** Creates a group from the stream's beginning: entries that came before the group are read, too. */
export async function createGroup(redis: Redis, key: string, group: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', key, group, '0', 'MKSTREAM')
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
  }
}

/** Removes consumers that are idle for long with nothing pending: the names of processes that were killed. */
export async function removeIdleConsumers(
  redis: ScriptedRedis,
  key: string,
  group: string,
  idleMs: number,
): Promise<number> {
  const consumers = (await redis.xinfo('CONSUMERS', key, group)) as Array<Array<string | number>>
  const idle: string[] = []
  for (const fields of consumers) {
    const value = (name: string) => fields[fields.indexOf(name) + 1]
    if (Number(value('pending')) === 0 && Number(value('idle')) > idleMs) idle.push(String(value('name')))
  }
  return idle.length > 0 ? redis.sluiceLeave(key, group, ...idle) : 0
}
