import { Redis } from 'ioredis'
import { withClient } from '../services/postgres-server.js'
import { readFamilyCpuSeconds, readProcStat } from './process-cpu.js'

/** What the servers spent on a piece of work. Processor times are null for servers on another machine. */
export interface ServerUsage {
  readonly postgresCpuSeconds: number | null
  readonly redisCpuSeconds: number | null
  /** Commands that clients or scripts ran. */
  readonly redisCommands: number
  readonly redisInBytes: number
  readonly redisOutBytes: number
  /** The most that was seen in use, above what an empty Redis uses. */
  readonly redisPeakBytes: number
}

const SAMPLE_MS = 100

/** Runs `work` and returns its result with what both servers did meanwhile, whoever asked them to. */
export async function measureServers<T>(
  servers: { readonly databaseUrl: string; readonly redisUrl: string },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly usage: ServerUsage }> {
  const redis = new Redis(servers.redisUrl)
  const postmaster = await findPostmaster(servers.databaseUrl)
  try {
    const redisPid = await findRedis(redis)
    const cpu = (pid: number | null) => (pid === null ? null : readFamilyCpuSeconds(pid))
    const emptyBytes = (await readRedis(redis)).usedBytes
    const [postgresBefore, redisBefore] = [await cpu(postmaster), await cpu(redisPid)]
    let ownCommands = 1
    let peakBytes = emptyBytes
    let sampling = Promise.resolve()
    const timer = setInterval(() => {
      sampling = sampling.then(async () => {
        ownCommands++
        peakBytes = Math.max(peakBytes, (await readRedis(redis)).usedBytes)
      })
      sampling.catch(() => undefined)
    }, SAMPLE_MS)
    const before = await readRedis(redis)
    let result: T
    try {
      result = await work()
    } finally {
      clearInterval(timer)
    }
    await sampling
    const after = await readRedis(redis)
    return {
      result,
      usage: {
        postgresCpuSeconds: difference(await cpu(postmaster), postgresBefore),
        redisCpuSeconds: difference(await cpu(redisPid), redisBefore),
        redisCommands: after.commands - before.commands - ownCommands,
        redisInBytes: after.inBytes - before.inBytes,
        // Its own samples are a few KiB each; a run of seconds has megabytes.
        redisOutBytes: Math.max(0, after.outBytes - before.outBytes - ownCommands * INFO_BYTES),
        redisPeakBytes: peakBytes - emptyBytes,
      },
    }
  } finally {
    redis.disconnect()
  }
}

/** About what one answer to INFO takes. */
const INFO_BYTES = 1500

interface RedisCounters {
  readonly commands: number
  readonly inBytes: number
  readonly outBytes: number
  readonly usedBytes: number
}

async function readRedis(redis: Redis): Promise<RedisCounters> {
  const info = String(await redis.call('INFO', 'stats', 'memory'))
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  return {
    commands: read('total_commands_processed'),
    inBytes: read('total_net_input_bytes'),
    outBytes: read('total_net_output_bytes'),
    usedBytes: read('used_memory'),
  }
}

/** The parent of whoever serves a connection, if it is a process of this machine. */
async function findPostmaster(databaseUrl: string): Promise<number | null> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const backend = await readProcStat(rows[0]!.pid)
    return backend?.command === 'postgres' ? backend.parentPid : null
  })
}

async function findRedis(redis: Redis): Promise<number | null> {
  const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
  const command = (await readProcStat(pid))?.command ?? ''
  return /redis|valkey/.test(command) ? pid : null
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before
}
