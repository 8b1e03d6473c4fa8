import type { Redis } from 'ioredis'
import { indexersGroup, parsersGroup, type TypeKeys } from './keys.js'

/** Where a batch is right now. */
export interface BatchInStream {
  readonly stream: 'raw' | 'rows'
  readonly entryId: string
  /** When it was added to this stream, ISO 8601 UTC. */
  readonly addedAt: string
  /** Who has it in hand; null while nobody was given it. */
  readonly delivery: {
    readonly consumer: string
    /** How often it was given to somebody. */
    readonly deliveries: number
    /** Since it was given out last, or was last shown to be in work. */
    readonly idleMs: number
  } | null
}

/** Undefined: it is in neither stream, or left it meanwhile. */
export async function findBatch(
  redis: Redis,
  keys: TypeKeys,
  hash: string,
): Promise<BatchInStream | undefined> {
  const [, stream, entryId] =
    /^(raw|rows) (\d+-\d+)$/.exec((await redis.hget(keys.batches, hash)) ?? '') ?? []
  if (entryId === undefined) return undefined
  const [key, group] = stream === 'raw' ? [keys.raw, parsersGroup] : [keys.rows, indexersGroup]
  if ((await redis.xrangeBuffer(key, entryId, entryId)).length === 0) return undefined
  return {
    stream: stream === 'raw' ? 'raw' : 'rows',
    entryId,
    addedAt: new Date(Number.parseInt(entryId, 10)).toISOString(),
    delivery: await readDelivery(redis, key, group, entryId),
  }
}

async function readDelivery(
  redis: Redis,
  key: string,
  group: string,
  entryId: string,
): Promise<BatchInStream['delivery']> {
  try {
    const pending = (await redis.xpending(key, group, entryId, entryId, 1)) as Array<
      [string, string, number, number]
    >
    const [entry] = pending
    return entry === undefined ? null : { consumer: entry[1], idleMs: entry[2], deliveries: entry[3] }
  } catch (error) {
    // No consumer has come yet to make the group.
    if (error instanceof Error && error.message.startsWith('NOGROUP')) return null
    throw error
  }
}
