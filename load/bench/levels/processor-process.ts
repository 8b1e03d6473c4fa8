import { Redis } from 'ioredis'
import pg from 'pg'
import { parseNaively } from '../../naive/parse-line.js'
import { serveTimedWork } from '../timed-process.js'
import type { LevelRow } from './level.js'
import { LEVELS } from './levels.js'
import { LEVEL_LIST, type LevelWork, type ProcessorCounts } from './run-level.js'

serveTimedWork<LevelWork, ProcessorCounts>(async ({ level: name, databaseUrl, redisUrl }) => {
  const level = LEVELS[name]
  const redis = new Redis(redisUrl)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await redis.ping()
  return async () => {
    const counts = { rows: 0, dropped: 0 }
    for (;;) {
      const popped = await redis.brpopBuffer(LEVEL_LIST, 1)
      if (popped === null) continue
      const [, bytes] = popped
      if (bytes.length === 0) break
      const { sourceFile, lines } = level.format.decode(bytes)
      const rows: LevelRow[] = []
      for (const rawLine of lines) {
        const parse = parseNaively(rawLine)
        if (parse !== null) rows.push({ ...parse, rawLine, sourceFile })
      }
      await client.query('BEGIN')
      await level.store(client, rows)
      await client.query('COMMIT')
      counts.rows += rows.length
      counts.dropped += lines.length - rows.length
    }
    redis.disconnect()
    await client.end()
    return counts
  }
})
