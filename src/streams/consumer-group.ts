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

/**
 * One consumer's membership in a group over the streams of all types: reads new entries, claims those of dead
 * consumers, keeps its own in work from being claimed.
 */
export class ConsumerGroup {
  private readonly inWork = new Map<string, Delivery>()
  private blocking: Redis | undefined
  /** Entries may have been delivered on a connection that broke: they are ours, and we never saw them. */
  private drainOwn = false
  private groupsExist = false

  constructor(private readonly options: ConsumerGroupOptions) {}

  get inWorkCount(): number {
    return this.inWork.size
  }

  /**
   * Waits up to blockMs for new entries, at most countPerStream of each type's stream. A failure throws; the next
   * call starts on a new connection, creates groups that are gone, and first collects what was delivered unseen.
   */
  async read(countPerStream: number): Promise<Delivery[]> {
    const { group, consumer, types, blockMs } = this.options
    try {
      if (!this.groupsExist) await this.createGroups()
      this.blocking ??= createBlockingRedis(this.options.connection, blockMs)
      const from = this.drainOwn ? '0' : '>'
      const keys = types.map((type) => this.key(type))
      const reply = (await this.blocking.callBuffer(
        'XREADGROUP',
        'GROUP',
        group,
        consumer,
        'COUNT',
        // One's own pending entries come from the oldest on: ask for enough to see past those in work.
        String(this.drainOwn ? this.inWork.size + countPerStream : countPerStream),
        'BLOCK',
        String(blockMs),
        'STREAMS',
        ...keys,
        ...keys.map(() => from),
      )) as Array<[Buffer, Array<[Buffer, Buffer[] | null]>]> | null
      const deliveries: Delivery[] = []
      for (const [key, entries] of reply ?? []) {
        const type = types[keys.indexOf(key.toString())]
        // Skipping it would leave its entries pending under our name, unseen.
        if (type === undefined) throw new Error('XREADGROUP answered for a stream that was not asked for')
        for (const [id, fields] of entries) this.take(deliveries, type, id.toString(), fields, 1)
      }
      if (this.drainOwn && deliveries.length === 0) this.drainOwn = false
      return deliveries
    } catch (error) {
      this.discardBlockingConnection()
      this.drainOwn = true
      this.groupsExist = false
      throw error
    }
  }

  /** Takes over entries that nobody refreshed for minIdleMs, at most count of each stream. */
  async claim(minIdleMs: number, count: number): Promise<Delivery[]> {
    const { redis, group, consumer, types } = this.options
    const deliveries: Delivery[] = []
    for (const type of types) {
      const key = this.key(type)
      const pending = (await redis.call(
        'XPENDING',
        key,
        group,
        'IDLE',
        String(minIdleMs),
        '-',
        '+',
        String(count),
      )) as Array<[id: string, consumer: string, idleMs: number, deliveries: number]>
      const deliveriesById = new Map<string, number>()
      for (const [id, , , times] of pending) {
        if (!this.inWork.has(workKey(key, id))) deliveriesById.set(id, times + 1)
      }
      if (deliveriesById.size === 0) continue
      // XCLAIM compares the idle time again, so of two claimants one gets the entry.
      const claimed = (await redis.callBuffer(
        'XCLAIM',
        key,
        group,
        consumer,
        String(minIdleMs),
        ...deliveriesById.keys(),
      )) as Array<[Buffer, Buffer[] | null] | null>
      for (const entry of claimed) {
        if (entry === null) continue
        const id = entry[0].toString()
        this.take(deliveries, type, id, entry[1], deliveriesById.get(id) ?? 1)
      }
    }
    return deliveries
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

  /** Ends a read that is waiting; it throws. */
  discardBlockingConnection(): void {
    this.blocking?.disconnect()
    this.blocking = undefined
  }

  private async createGroups(): Promise<void> {
    for (const type of this.options.types) {
      await createGroup(this.options.redis, this.key(type), this.options.group)
    }
    this.groupsExist = true
  }

  private take(
    into: Delivery[],
    keys: TypeKeys,
    id: string,
    fields: Buffer[] | null,
    deliveries: number,
  ): void {
    const key = workKey(this.key(keys), id)
    // null: deleted while pending, which only an acknowledged entry is.
    if (fields === null || this.inWork.has(key)) return
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
