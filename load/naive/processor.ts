import { Redis } from 'ioredis'
import pg from 'pg'
import { parseNaively } from './parse-line.js'
import { NAIVE_LIST } from './reader.js'
import { insertNaiveRow } from './table.js'

export interface NaiveCounts {
  rows: number
  /** Lines that no pattern fits; the naive pipeline drops them. */
  dropped: number
}

/**
 * Pops, parses, inserts and commits one line at a time until as many are done as were pushed.
 * `countPushed` is asked before every line: undefined while the reader is at work, throws if it failed.
 */
export async function processLines(
  databaseUrl: string,
  redisUrl: string,
  countPushed: () => number | undefined,
): Promise<NaiveCounts> {
  const redis = new Redis(redisUrl)
  const client = new pg.Client({ connectionString: databaseUrl })
  const counts: NaiveCounts = { rows: 0, dropped: 0 }
  try {
    await client.connect()
    while (counts.rows + counts.dropped !== countPushed()) {
      const popped = await redis.brpop(NAIVE_LIST, 1)
      if (popped === null) continue
      const { line, source_file: sourceFile } = JSON.parse(popped[1]) as { line: string; source_file: string }
      const parse = parseNaively(line)
      if (parse === null) {
        counts.dropped++
        continue
      }
      await insertNaiveRow(client, { ...parse, rawLine: line, sourceFile })
      counts.rows++
    }
    return counts
  } finally {
    redis.disconnect()
    await client.end()
  }
}
