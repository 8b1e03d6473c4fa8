import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

/** The list between the two halves. */
export const NAIVE_LIST = 'naive:logs'

export interface PushedLines {
  readonly lines: number
  /** Of the messages, without what Redis adds. */
  readonly bytes: number
}

/** Pushes the first `limit` lines of the files, one command a line, each awaited before the next. */
export async function pushLines(
  redisUrl: string,
  paths: readonly string[],
  limit: number,
): Promise<PushedLines> {
  const redis = new Redis(redisUrl)
  let pushed = 0
  let bytes = 0
  try {
    for (const path of paths) {
      if (pushed === limit) break
      const source_file = basename(path)
      const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
      for await (const line of lines) {
        if (pushed === limit) break
        const message = JSON.stringify({ line, source_file })
        await redis.lpush(NAIVE_LIST, message)
        pushed++
        bytes += Buffer.byteLength(message)
      }
    }
    return { lines: pushed, bytes }
  } finally {
    redis.disconnect()
  }
}
