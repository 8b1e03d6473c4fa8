import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { serveTimedWork } from '../timed-process.js'
import { LEVELS } from './levels.js'
import { LEVEL_LIST, type LevelWork, LINES_PER_MESSAGE, type ReaderCounts } from './run-level.js'

/** Beyond this many messages in the list the reader waits, so that Redis holds 500,000 lines at most. */
const MAX_WAITING_MESSAGES = 500
const PAUSE_MS = 5

serveTimedWork<LevelWork, ReaderCounts>(async ({ level: name, redisUrl, paths, lines }) => {
  const level = LEVELS[name]
  const redis = new Redis(redisUrl)
  await redis.ping()
  return async () => {
    const counts = { lines: 0, messages: 0, messageBytes: 0 }
    for (const path of paths) {
      if (counts.lines === lines) break
      const sourceFile = basename(path)
      let batch: string[] = []
      const push = async () => {
        if (batch.length === 0) return
        const message = level.format.encode({ sourceFile, lines: batch })
        batch = []
        counts.messages++
        counts.messageBytes += message.length
        let waiting = await redis.lpush(LEVEL_LIST, message)
        for (; waiting > MAX_WAITING_MESSAGES; waiting = await redis.llen(LEVEL_LIST)) await sleep(PAUSE_MS)
      }
      const input = createReadStream(path)
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        batch.push(line)
        counts.lines++
        if (batch.length === LINES_PER_MESSAGE) await push()
        if (counts.lines === lines) break
      }
      await push()
    }
    for (let processor = 0; processor < level.processors; processor++) await redis.lpush(LEVEL_LIST, '')
    redis.disconnect()
    return counts
  }
})
