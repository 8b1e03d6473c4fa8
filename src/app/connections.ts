import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { checkPostgres, createPool } from '../postgres/pool.js'
import type { Settings } from '../settings/declaration.js'
import { checkRedis, createRedis } from '../streams/client.js'
import { type TypeKeys, typeKeys, unclassified } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'

export function openPool(settings: Settings, applicationName: string, maxConnections = 4): pg.Pool {
  return createPool({ ...settings.postgres, maxConnections, applicationName })
}

export function openRedis(settings: Settings): ScriptedRedis {
  return createRedis(settings.redis)
}

/**
 * Of an indexer's work in the background: an index build or a proof, who applies retention, the day that is being
 * exported or dropped, and hours of rollups that are added up.
 */
export const backgroundConnections = 5

/** A pool without bounds on statements and locks: for what takes as long as the tables are large. */
export function openUnboundedPool(
  settings: Settings,
  applicationName: string,
  maxConnections?: number,
): pg.Pool {
  const postgres = { ...settings.postgres, statementTimeoutMs: 0, lockTimeoutMs: 0 }
  return openPool({ ...settings, postgres }, applicationName, maxConnections)
}

/**
 * Runs work with a pool that was seen to answer, and closes it. `unbounded`: for what takes as long as the tables are
 * large, such as proofs and migrations.
 */
export async function withPool<T>(
  settings: Settings,
  work: (pool: pg.Pool) => Promise<T>,
  bound: 'bounded' | 'unbounded' = 'bounded',
): Promise<T> {
  const pool = bound === 'unbounded' ? openUnboundedPool(settings, 'sluice') : openPool(settings, 'sluice')
  try {
    await checkPostgres(pool)
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/** Runs work with a client that was seen to answer and to be fit, and closes it. */
export async function withRedis<T>(
  settings: Settings,
  work: (redis: ScriptedRedis) => Promise<T>,
): Promise<T> {
  const redis = openRedis(settings)
  try {
    await checkRedis(redis)
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** Keys of every type's streams, those of unclassified lines included. */
export function allTypeKeys(settings: Settings, registry: LogTypeRegistry): TypeKeys[] {
  const names = [...registry.types.map((type) => type.name), unclassified]
  return names.map((name) => typeKeys(settings.redis.keyPrefix, name))
}

/** Removes every key of Sluice's from Redis. */
export async function deleteStreams(redis: Redis, keys: readonly TypeKeys[]): Promise<void> {
  for (const type of keys) {
    // One type at a time: the keys of a type share a slot, those of two types need not.
    await redis.del(type.raw, type.rows, type.dead, type.batches, type.bytes)
  }
}
