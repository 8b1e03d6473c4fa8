import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findFreePort } from './free-port.js'
import type { Keeper } from './keeper.js'
import { findRedisBinary } from './redis-binary.js'
import { ServerProcess } from './server-process.js'

/** The Redis of a test or a demo. `kill` and `start` are for whoever wants to see what an outage does. */
export interface RedisServer {
  readonly port: number
  /** undefined while it is down */
  readonly pid: number | undefined
  readonly url: string
  readonly exited: Promise<void>
  /** kill -9 */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Starts it again: same port, same data. */
  start(): Promise<void>
}

export interface RedisServerOptions {
  directory: string
  password: string
  keeper: Keeper
  preferredPort?: number
  settings?: Record<string, string>
}

// As durable as Redis gets without an fsync per command. noeviction: a stream entry must never vanish silently.
const SETTINGS: Record<string, string> = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '""',
  // What is in the streams is compressed already; Redis would try in vain whenever it rewrites its file.
  rdbcompression: 'no',
  maxmemory: '512mb',
  'maxmemory-policy': 'noeviction',
}

const PORT_ATTEMPTS = 5
const READY_TIMEOUT_MS = 60_000

export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const binary = findRedisBinary()
  if (!binary) throw new Error('no redis-server or valkey-server of version 7.0 or newer on PATH')
  const data = join(options.directory, 'redis')
  await mkdir(data, { recursive: true, mode: 0o700 })
  const configuration = join(data, 'redis.conf')
  let port = 0
  let server: ServerProcess | undefined

  const startOnce = async (): Promise<boolean> => {
    await writeFile(configuration, renderConfiguration(port, data, options), { mode: 0o600 })
    server = await ServerProcess.start(
      {
        binary: binary.path,
        name: binary.name,
        args: [configuration],
        cwd: data,
        logFile: join(options.directory, 'redis.log'),
      },
      options.keeper,
      'TERM',
    )
    return server.waitUntilReady(() => answersPing(port, options.password), READY_TIMEOUT_MS)
  }

  for (let attempt = 1; ; attempt++) {
    // Between finding a free port and binding it somebody else may take it.
    port = await findFreePort(attempt === 1 ? options.preferredPort : 0)
    if (await startOnce()) break
    if (attempt === PORT_ATTEMPTS) throw new Error(`redis-server does not start:\n${server?.logTail()}`)
  }

  return {
    get port() {
      return port
    },
    get pid() {
      return server?.running ? server.pid : undefined
    },
    get exited() {
      return server?.exited ?? Promise.resolve()
    },
    url: `redis://:${options.password}@127.0.0.1:${port}`,
    kill: async () => server?.stop([{ signal: 'SIGKILL', waitMs: 10_000 }]),
    stop: async () =>
      server?.stop([
        { signal: 'SIGTERM', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 10_000 },
      ]),
    start: async () => {
      if (server?.running) return
      if (!(await startOnce())) throw new Error(`redis-server does not start again:\n${server?.logTail()}`)
    },
  }
}

function renderConfiguration(port: number, data: string, options: RedisServerOptions): string {
  const settings = { ...SETTINGS, ...options.settings }
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${options.password}`,
    `dir "${data}"`,
    'daemonize no',
    ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
    '',
  ].join('\n')
}

/** The password makes sure that it is our server that answers, and not one that took the port first. */
async function answersPing(port: number, password: string): Promise<boolean> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    client.disconnect()
  }
}
