import type { Redis } from 'ioredis'
import { indexersGroup, parsersGroup, type TypeKeys } from './keys.js'

export interface ConsumerStatus {
  readonly name: string
  readonly pending: number
  readonly idleMs: number
}

export interface StreamStatus {
  readonly entries: number
  readonly group: string
  /** Delivered and not acknowledged; undefined while the group does not exist. */
  readonly pending: number | undefined
  /** When the oldest of those was added, epoch milliseconds; undefined when there is none. */
  readonly oldestPendingMs: number | undefined
  /** Not delivered yet; undefined while the group does not exist. */
  readonly lag: number | undefined
  /** When the oldest entry was added, epoch milliseconds; undefined when empty. */
  readonly oldestEntryMs: number | undefined
  readonly consumers: readonly ConsumerStatus[]
}

/** What of one type is on its way. */
export interface TypeBacklog {
  readonly logType: string
  readonly raw: StreamStatus
  readonly rows: StreamStatus
  /** Entries that could not be opened. */
  readonly deadEntries: number
  /** Bytes of the entries in raw and rows. */
  readonly bytes: number
}

export async function readBacklog(redis: Redis, keys: TypeKeys): Promise<TypeBacklog> {
  const [raw, rows, deadEntries, bytes] = await Promise.all([
    readStream(redis, keys.raw, parsersGroup),
    readStream(redis, keys.rows, indexersGroup),
    redis.xlen(keys.dead),
    redis.get(keys.bytes),
  ])
  return { logType: keys.logType, raw, rows, deadEntries, bytes: Math.max(0, Number(bytes ?? 0)) }
}

async function readStream(redis: Redis, key: string, group: string): Promise<StreamStatus> {
  const [entries, groups, oldest] = await Promise.all([
    redis.xlen(key),
    readFields(redis, 'GROUPS', key),
    oldestEntryId(redis, key),
  ])
  const found = groups.find((fields) => fields.get('name') === group)
  const consumers = found === undefined ? [] : await readFields(redis, 'CONSUMERS', key, group)
  const pending = found === undefined ? undefined : Number(found.get('pending'))
  const oldestPendingMs = found === undefined ? undefined : await oldestPendingId(redis, key, group)
  return {
    entries,
    group,
    pending,
    oldestPendingMs,
    // What is acknowledged is deleted with it, so the rest is this. The lag that Redis keeps count of is wrong for ever once
    // it has been restarted: its append-only file does not say how many entries a group had read.
    lag: pending === undefined ? undefined : Math.max(0, entries - pending),
    oldestEntryMs: oldest,
    consumers: consumers.map((fields) => ({
      name: String(fields.get('name')),
      pending: Number(fields.get('pending')),
      idleMs: Number(fields.get('idle')),
    })),
  }
}

async function oldestEntryId(redis: Redis, key: string): Promise<number | undefined> {
  const [entry] = await redis.xrangeBuffer(key, '-', '+', 'COUNT', 1)
  return entry === undefined ? undefined : Number.parseInt(entry[0].toString(), 10)
}

async function oldestPendingId(redis: Redis, key: string, group: string): Promise<number | undefined> {
  const [, smallest] = (await redis.xpending(key, group)) as [number, string | null]
  return smallest === null ? undefined : Number.parseInt(smallest, 10)
}

/** XINFO's name–value lists as maps; none when the key does not exist. */
async function readFields(
  redis: Redis,
  what: 'GROUPS' | 'CONSUMERS',
  key: string,
  group?: string,
): Promise<Array<Map<string, string | number | null>>> {
  try {
    const args = group === undefined ? [what, key] : [what, key, group]
    const reply = (await redis.call('XINFO', ...args)) as Array<Array<string | number | null>>
    return reply.map((list) => {
      const fields = new Map<string, string | number | null>()
      for (let i = 0; i + 1 < list.length; i += 2) fields.set(String(list[i]), list[i + 1] ?? null)
      return fields
    })
  } catch (error) {
    if (error instanceof Error && /no such key|NOGROUP/.test(error.message)) return []
    throw error
  }
}
