import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import { type NaiveCounts, processLines } from './processor.js'
import { NAIVE_LIST, type PushedLines } from './reader.js'
import { createNaiveTable } from './table.js'

export interface NaiveRun {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly paths: readonly string[]
  /** How many lines to take from the beginning of the files. */
  readonly lines: number
}

export interface NaiveResult extends NaiveCounts {
  readonly lines: number
  /** Of what went through the list. */
  readonly messageBytes: number
  /** From the start of the reader to the last commit. */
  readonly seconds: number
  readonly rowsPerSecond: number
}

const READER = fileURLToPath(new URL('./reader-process.js', import.meta.url))

/** Runs reader and processor side by side, as two processes, on an empty table and an empty list. */
export async function runNaive({ databaseUrl, redisUrl, paths, lines }: NaiveRun): Promise<NaiveResult> {
  await prepare(databaseUrl, redisUrl)
  const startedMs = performance.now()
  let pushed: PushedLines | undefined
  let failure: Error | undefined
  const reader = fork(READER, [String(lines), ...paths], { env: { ...process.env, REDIS_URL: redisUrl } })
  reader.on('message', (message: PushedLines) => {
    pushed = message
  })
  reader.on('error', (error) => {
    failure = error
  })
  reader.on('exit', (code) => {
    if (code !== 0) failure = new Error(`The naive reader ended with exit code ${code}.`)
  })
  try {
    const counts = await processLines(databaseUrl, redisUrl, () => {
      if (failure !== undefined) throw failure
      return pushed?.lines
    })
    const seconds = (performance.now() - startedMs) / 1000
    return {
      ...counts,
      lines: counts.rows + counts.dropped,
      messageBytes: pushed?.bytes ?? 0,
      seconds,
      rowsPerSecond: Math.round(counts.rows / seconds),
    }
  } finally {
    reader.kill()
  }
}

async function prepare(databaseUrl: string, redisUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await createNaiveTable(client)
  } finally {
    await client.end()
  }
  const redis = new Redis(redisUrl)
  try {
    await redis.del(NAIVE_LIST)
  } finally {
    redis.disconnect()
  }
}
