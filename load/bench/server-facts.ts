import { Redis } from 'ioredis'
import pg from 'pg'

/** What a figure means depends on these: without durability every database is fast. */
export interface ServerFacts {
  readonly postgres: Readonly<Record<(typeof POSTGRES_SETTINGS)[number], string>>
  readonly redis: Readonly<Record<'version' | (typeof REDIS_SETTINGS)[number], string>>
}

const POSTGRES_SETTINGS = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_level',
  'shared_buffers',
] as const
const REDIS_SETTINGS = ['appendonly', 'appendfsync'] as const

/** Asks the servers themselves, in the database that is measured. */
export async function readServerFacts(databaseUrl: string, redisUrl: string): Promise<ServerFacts> {
  const client = new pg.Client({ connectionString: databaseUrl })
  const redis = new Redis(redisUrl)
  try {
    await client.connect()
    const postgres: Record<string, string> = {}
    for (const name of POSTGRES_SETTINGS) {
      const { rows } = await client.query<{ setting: string }>('SELECT current_setting($1) AS setting', [
        name,
      ])
      postgres[name] = rows[0]?.setting ?? 'unknown'
    }
    const info = await redis.info('server')
    const facts: Record<string, string> = { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown' }
    for (const name of REDIS_SETTINGS) facts[name] = await readRedisSetting(redis, name)
    return { postgres, redis: facts } as ServerFacts
  } finally {
    redis.disconnect()
    await client.end()
  }
}

/** Hosted servers often refuse CONFIG. */
async function readRedisSetting(redis: Redis, name: string): Promise<string> {
  try {
    const reply = (await redis.config('GET', name)) as string[]
    return reply[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

/** Rejects unless the Redis is empty: leftovers of another run would be worked on during the measurement. */
export async function requireEmptyRedis(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl)
  try {
    const keys = await redis.dbsize()
    if (keys > 0) throw new Error(`REDIS_URL: expected an empty Redis, got one with ${keys} keys.`)
  } finally {
    redis.disconnect()
  }
}
