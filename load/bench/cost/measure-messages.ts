import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { withClient } from '../../services/postgres-server.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import type { MessageFormat } from '../levels/message-format.js'
import { runProgram } from '../run-program.js'
import { type SluiceService, startSluice } from '../sluice-service.js'

export interface MessageCount {
  readonly messages: number
  readonly bytes: number
}

const WAIT_TIMEOUT_MS = 60_000

/** Messages of the naive pipeline: one a line. */
export async function countNaiveMessages(paths: readonly string[]): Promise<MessageCount> {
  return countMessages(paths, 1, ([line = ''], source_file) =>
    Buffer.byteLength(JSON.stringify({ line, source_file })),
  )
}

/** Messages of a level, each with so many lines. */
export async function countLevelMessages(
  paths: readonly string[],
  linesPerMessage: number,
  format: MessageFormat,
): Promise<MessageCount> {
  return countMessages(
    paths,
    linesPerMessage,
    (lines, sourceFile) => format.encode({ lines, sourceFile }).length,
  )
}

async function countMessages(
  paths: readonly string[],
  linesPerMessage: number,
  sizeOf: (lines: string[], sourceFile: string) => number,
): Promise<MessageCount> {
  let messages = 0
  let bytes = 0
  for (const path of paths) {
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    for (let at = 0; at < lines.length; at += linesPerMessage) {
      messages++
      bytes += sizeOf(lines.slice(at, at + linesPerMessage), basename(path))
    }
  }
  return { messages, bytes }
}

/**
 * What Sluice sends when its chunks have so many lines: first to parsers, then to indexers. Runs a reader alone and
 * looks into the streams, then a parser alone, and looks again.
 */
export async function countSluiceMessages(
  environment: BenchEnvironment,
  { directory, oracle }: GeneratedLogs,
  chunkLines: number,
): Promise<readonly [raw: MessageCount, rows: MessageCount]> {
  return environment.withFreshServers(async (servers) => {
    const env = {
      ...servers.env,
      SLUICE_READER_CHUNK_LINES: String(chunkLines),
      // Nobody takes anything out while it is counted.
      SLUICE_READER_MAX_STREAM_ENTRIES: '1000000',
    }
    await runProgram('src/main.js', ['migrate'], env, environment)
    const redis = new Redis(servers.redisUrl)
    try {
      const raw = await runAlone(environment, env, 'reader', [directory], async (service) => {
        const batches = await waitForBatches(servers, oracle.totals.lines, service)
        return waitForEntries(redis, 'raw', batches, service)
      })
      const rows = await runAlone(environment, env, 'parser', [], (service) =>
        waitForEntries(redis, 'rows', raw.messages, service),
      )
      return [raw, rows]
    } finally {
      redis.disconnect()
    }
  })
}

async function runAlone<T>(
  environment: BenchEnvironment,
  env: Readonly<Record<string, string>>,
  role: 'reader' | 'parser',
  paths: readonly string[],
  use: (service: SluiceService) => Promise<T>,
): Promise<T> {
  const service = await startSluice(role, paths, env, environment)
  try {
    return await use(service)
  } finally {
    await service.stop()
  }
}

/** Waits until all lines are recorded, and returns how many batches they were cut into. */
function waitForBatches(
  { databaseUrl }: FreshServers,
  lines: number,
  service: SluiceService,
): Promise<number> {
  return withClient(databaseUrl, (client) =>
    waitFor(service, async () => {
      const { rows } = await client.query<{ lines: string | null; batches: string | null }>(
        `SELECT sum(lines) AS lines, sum((SELECT count(*) FROM jsonb_object_keys(batches))) AS batches
           FROM sluice.chunks`,
      )
      return Number(rows[0]?.lines) === lines ? Number(rows[0]?.batches) : undefined
    }),
  )
}

/** Waits until so many entries are in the streams of one kind, and adds up what their fields hold. */
async function waitForEntries(
  redis: Redis,
  stream: 'raw' | 'rows',
  messages: number,
  service: SluiceService,
): Promise<MessageCount> {
  const keys = await waitFor(service, async () => {
    const found = await redis.keys(`sluice:{*}:${stream}`)
    const lengths = await Promise.all(found.map((key) => redis.xlen(key)))
    return lengths.reduce((sum, length) => sum + length, 0) >= messages ? found : undefined
  })
  const counts = { messages: 0, bytes: 0 }
  for (const key of keys) {
    let from = '-'
    for (;;) {
      const page = (await redis.xrangeBuffer(key, from, '+', 'COUNT', 100)) as [Buffer, Buffer[]][]
      for (const [, fields] of page) {
        counts.messages++
        counts.bytes += fields.reduce((sum, field) => sum + field.length, 0)
      }
      const last = page.at(-1)
      if (last === undefined || page.length < 100) break
      from = `(${last[0].toString()}`
    }
  }
  return counts
}

async function waitFor<T>(service: SluiceService, look: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + WAIT_TIMEOUT_MS
  for (;;) {
    service.requireAlive()
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadlineMs) throw new Error(`the ${service.role} alone is not done in time`)
    await sleep(50)
  }
}
