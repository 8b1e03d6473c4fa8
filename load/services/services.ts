import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKeeper } from './keeper.js'
import { canEnter, choosePostgresAccount } from './postgres-binaries.js'
import { type PostgresServer, startPostgresServer, withClient } from './postgres-server.js'
import { type RedisServer, startRedisServer } from './redis-server.js'

/** A Postgres and a Redis to work with. */
export interface Services {
  databaseUrl: string
  redisUrl: string
  /** Ends what was started. Can be called again. Servers that were given by environment are left alone. */
  stop(): Promise<void>
}

/** Services that were started here, with handles to break and repair them. */
export interface EmbeddedServices extends Services {
  directory: string
  postgres: PostgresServer
  redis: RedisServer
}

export interface ServicesOptions {
  /** Where the data lives; left out: a fresh temporary directory. */
  directory?: string
  /** Keep the directory when the services end. */
  persistent?: boolean
  /** Ports to take if they are free; any free ones otherwise. */
  preferredPorts?: { postgres: number; redis: number }
  log?: (line: string) => void
  /** On top of the built-in ones, names and values as in postgresql.conf. */
  postgresSettings?: Record<string, string>
  /** On top of the built-in ones, names and values as in redis.conf. */
  redisSettings?: Record<string, string>
}

/**
 * The servers named by DATABASE_URL and REDIS_URL if both are set; else an embedded Postgres and this machine's
 * redis-server, on free loopback ports, with durability on. They end, and their data is removed, with the process
 * that started them, however it ends.
 */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env
  if (databaseUrl && redisUrl) {
    options.log?.('using the servers that DATABASE_URL and REDIS_URL name')
    return { databaseUrl, redisUrl, stop: async () => undefined }
  }
  return startEmbeddedServices(options)
}

/** As startServices, but never somebody else's servers: for tests that stop, kill or flush them. */
export async function startEmbeddedServices(options: ServicesOptions = {}): Promise<EmbeddedServices> {
  const log = options.log ?? (() => undefined)
  const persistent = options.persistent ?? false
  const directory = await createDirectory(options.directory)
  const keeper = startKeeper(persistent ? undefined : directory)
  const started: (() => Promise<void>)[] = []
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      try {
        for (const stopOne of started.reverse()) await stopOne()
        if (!persistent) await rm(directory, { recursive: true, force: true, maxRetries: 5 })
      } finally {
        keeper.end()
      }
    })()
    return stopping
  }
  const shared = { directory, keeper, password: await readOrCreatePassword(directory) }
  try {
    // One after the other: on a directory that is in use already, the lock of Postgres stops both.
    const postgres = await startPostgresServer({
      ...shared,
      // Data that is removed anyway is not worth a long checkpoint.
      stopTimeoutMs: persistent ? 60_000 : 5_000,
      ...(options.preferredPorts ? { preferredPort: options.preferredPorts.postgres } : {}),
      ...(options.postgresSettings ? { settings: options.postgresSettings } : {}),
    })
    started.push(() => postgres.stop('fast'))
    log(`Postgres on port ${postgres.port}`)
    const redis = await startRedisServer({
      ...shared,
      ...(options.preferredPorts ? { preferredPort: options.preferredPorts.redis } : {}),
      ...(options.redisSettings ? { settings: options.redisSettings } : {}),
    })
    started.push(() => redis.stop())
    log(`Redis on port ${redis.port}`)
    return { databaseUrl: postgres.url, redisUrl: redis.url, directory, postgres, redis, stop }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

/**
 * Creates a database beside the one of `databaseUrl` and returns its URL. It is a copy of `template`, to which nobody
 * may be connected; empty if that is left out.
 */
export async function createDatabase(
  databaseUrl: string,
  name: string,
  template = 'template0',
): Promise<string> {
  await withClient(databaseUrl, (client) =>
    client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(template)}`,
    ),
  )
  const url = new URL(databaseUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}

/** Drops it, whoever is still connected. */
export async function dropDatabase(databaseUrl: string, name: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
  )
}

/** The account that Postgres runs under has to get in, which it cannot below a private TMPDIR of root. */
async function createDirectory(wanted: string | undefined): Promise<string> {
  const account = choosePostgresAccount()
  if (wanted !== undefined) {
    await mkdir(wanted, { recursive: true })
    const directory = await realpath(wanted)
    await chmod(directory, 0o711)
    if (canEnter(directory, account)) return directory
    throw new Error(
      `${directory} cannot be entered by the account (uid ${account?.uid}) that Postgres runs under`,
    )
  }
  for (const parent of new Set([tmpdir(), '/tmp'])) {
    const directory = await realpath(await mkdtemp(join(parent, 'sluice-services-')))
    await chmod(directory, 0o711)
    if (canEnter(directory, account)) return directory
    await rm(directory, { recursive: true, force: true })
  }
  throw new Error(`neither ${tmpdir()} nor /tmp can hold a directory that Postgres can enter`)
}

/** A password, because every account of this machine can reach a loopback port. */
async function readOrCreatePassword(directory: string): Promise<string> {
  const file = join(directory, 'password')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known.trim()) return known.trim()
  const password = randomBytes(18).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}
