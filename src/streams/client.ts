import { Redis } from 'ioredis'
import { SluiceError } from '../errors/sluice-error.js'
import { type ScriptedRedis, withScripts } from './scripts/index.js'

export interface RedisOptions {
  readonly url: string
  /** A command without an answer for so long fails; every one of ours may be repeated. */
  readonly commandTimeoutMs: number
}

/**
 * A client for everything but blocking reads. Commands that were in flight when a connection broke are sent again
 * by the client: publishing, hand-off and acknowledgement are scripts that may run twice.
 */
export function createRedis(options: RedisOptions): ScriptedRedis {
  const client = new Redis(options.url, {
    // Replies as documented with every command: RESP3's maps come differently for buffers.
    protocol: 2,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: options.commandTimeoutMs,
    maxRetriesPerRequest: null,
    // A connection on which a command goes unanswered for so long is replaced: it may be half open, and the
    // kernel would believe in it for a quarter of an hour.
    socketTimeout: options.commandTimeoutMs,
    // Not lazily: the first command should not wait for a name look-up that could have been done before.
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 7), 2000),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  })
  // Every command's caller sees its own failure; without a listener each reconnect would print a stack.
  client.on('error', () => {})
  // Only before the first connection may commands wait in the client: in an outage whoever repeats a command would
  // pile up its payloads there.
  client.once('ready', () => {
    client.options.enableOfflineQueue = false
  })
  return withScripts(client)
}

/**
 * A client for one blocking read at a time. Thrown away after any failure: a read that is sent again after a
 * reconnect may never settle.
 */
export function createBlockingRedis(options: RedisOptions, blockMs: number): Redis {
  const client = new Redis(options.url, {
    protocol: 2,
    commandTimeout: blockMs + options.commandTimeoutMs,
    connectTimeout: options.commandTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
  })
  client.on('error', () => {})
  return client
}

/**
 * Refuses a Redis that could lose entries by design or lacks what the scripts need.
 * @throws SluiceError SLUICE_REDIS_UNREACHABLE, SLUICE_REDIS_TOO_OLD, SLUICE_REDIS_EVICTS
 */
export async function checkRedis(redis: Redis): Promise<void> {
  let info: Map<string, string>
  try {
    // The client would go on connecting; whoever has just started it wants to know at once.
    info = await Promise.race([readInfo(redis), firstConnectionError(redis)])
  } catch (cause) {
    throw new SluiceError('SLUICE_REDIS_UNREACHABLE', 'Redis does not answer', {
      expected: 'a Redis at REDIS_URL',
      cause,
    })
  }
  // Valkey reports 7.2.4 here, whatever its own version is.
  const version = info.get('redis_version') ?? '0'
  if (Number.parseInt(version, 10) < 7) {
    throw new SluiceError('SLUICE_REDIS_TOO_OLD', 'Redis is too old', {
      expected: '7.0 or newer',
      got: version,
    })
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (policy !== 'noeviction' && Number(info.get('maxmemory') ?? 0) > 0) {
    throw new SluiceError('SLUICE_REDIS_EVICTS', 'Redis would evict entries when its memory is full', {
      expected: 'maxmemory-policy noeviction',
      got: `maxmemory-policy ${policy}`,
    })
  }
}

/**
 * The answer to a command that a person waits for. The client has waited for a connection by the time it fails.
 * @throws SluiceError SLUICE_REDIS_UNREACHABLE
 */
export async function answeredByRedis<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new SluiceError('SLUICE_REDIS_UNREACHABLE', 'Redis did not carry out a command', {
      hint: 'Nothing was left half done. Run the same command again once Redis works.',
      cause,
    })
  }
}

function firstConnectionError(redis: Redis): Promise<never> {
  return new Promise((_, reject) => {
    redis.once('error', reject)
  })
}

/** Memory in use, and the limit if there is one, in bytes. */
export async function readMemory(
  redis: Redis,
): Promise<{ readonly usedBytes: number; readonly maxBytes: number | undefined }> {
  const info = await readInfo(redis)
  return {
    usedBytes: Number(info.get('used_memory')),
    maxBytes: Number(info.get('maxmemory') ?? 0) || undefined,
  }
}

/** Memory in use as a share of the limit, in percent; undefined without a limit. */
export async function readMemoryPercent(redis: Redis): Promise<number | undefined> {
  const { usedBytes, maxBytes } = await readMemory(redis)
  return maxBytes === undefined ? undefined : (usedBytes * 100) / maxBytes
}

async function readInfo(redis: Redis): Promise<Map<string, string>> {
  const text = await redis.info('server', 'memory')
  const info = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return info
}
