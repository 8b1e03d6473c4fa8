import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { GenerateOptions } from '../generate/options.js'
import type { Oracle } from '../generate/oracle.js'
import { writeLogs } from '../generate/write-logs.js'
import { startKeeper } from '../services/keeper.js'
import { withClient } from '../services/postgres-server.js'
import { createDatabase, dropDatabase, startServices } from '../services/services.js'
import type { Supervision } from './run-program.js'
import { requireEmptyRedis } from './server-facts.js'

/** An empty database and an empty Redis, for one measurement. */
export interface FreshServers {
  readonly databaseUrl: string
  readonly redisUrl: string
  /** What programs take them from. */
  readonly env: Readonly<Record<'DATABASE_URL' | 'REDIS_URL', string>>
}

export interface GeneratedLogs {
  readonly directory: string
  readonly paths: readonly string[]
  readonly oracle: Oracle
}

/** What every measurement of a run stands on. */
export interface BenchEnvironment extends Supervision {
  /** A temporary directory that goes with the run. */
  readonly root: string
  readonly log: (line: string) => void
  readonly redisUrl: string
  /** Equal options, equal files: generated once. */
  generate(options: Partial<GenerateOptions>): Promise<GeneratedLogs>
  /** The database goes and Redis is emptied when `use` is done. Nothing of an earlier one is still being written. */
  withFreshServers<T>(use: (servers: FreshServers) => Promise<T>): Promise<T>
  /** Another empty database beside that of the fresh servers, which stay as they are. */
  withNeighbour<T>(use: (databaseUrl: string) => Promise<T>): Promise<T>
}

/** Starts the servers for the length of `use`. Given ones (DATABASE_URL, REDIS_URL) have to be ours to fill. */
export async function withBenchEnvironment<T>(
  { log, signal }: Pick<BenchEnvironment, 'log' | 'signal'>,
  use: (environment: BenchEnvironment) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'bench-'))
  const keeper = startKeeper(root)
  try {
    const services = await startServices({ log })
    try {
      await requireEmptyRedis(services.redisUrl)
      const generated = new Map<string, Promise<GeneratedLogs>>()
      return await use({
        root,
        log,
        signal,
        keeper,
        redisUrl: services.redisUrl,
        generate(options) {
          const key = JSON.stringify(options)
          const known = generated.get(key)
          if (known !== undefined) return known
          log(`generating ${options.lines?.toLocaleString('en-US')} lines`)
          const directory = join(root, `logs-${generated.size}`)
          const logs = writeLogs(options, { directory }).then((oracle) => ({
            directory,
            oracle,
            paths: oracle.files.map(({ name }) => join(directory, name)),
          }))
          generated.set(key, logs)
          return logs
        },
        withFreshServers: (useServers) => {
          signal.throwIfAborted()
          return withFreshServers(services.databaseUrl, services.redisUrl, useServers)
        },
        withNeighbour: (useDatabase) => withEmptyDatabase(services.databaseUrl, useDatabase),
      })
    } finally {
      await services.stop()
    }
  } finally {
    await rm(root, { recursive: true, force: true })
    keeper.end()
  }
}

async function withFreshServers<T>(
  serverUrl: string,
  redisUrl: string,
  use: (servers: FreshServers) => Promise<T>,
): Promise<T> {
  try {
    return await withEmptyDatabase(serverUrl, (databaseUrl) =>
      use({ databaseUrl, redisUrl, env: { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } }),
    )
  } finally {
    // It was empty at the start, so all that is in it is ours.
    const redis = new Redis(redisUrl)
    await redis.flushdb().finally(() => redis.disconnect())
  }
}

async function withEmptyDatabase<T>(serverUrl: string, use: (databaseUrl: string) => Promise<T>): Promise<T> {
  const name = `bench_${randomBytes(4).toString('hex')}`
  const databaseUrl = await createDatabase(serverUrl, name)
  try {
    // What an earlier measurement left to be written would be written in the time of this one. Not every user may.
    await withClient(databaseUrl, (client) => client.query('CHECKPOINT')).catch(() => undefined)
    return await use(databaseUrl)
  } finally {
    await dropDatabase(serverUrl, name)
  }
}
