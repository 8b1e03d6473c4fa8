import { withClient } from '../../services/postgres-server.js'
import { runTogether, startTimedProcess } from '../timed-process.js'
import type { LevelName } from './level.js'
import { LEVELS } from './levels.js'

/** The list between reader and processors. An empty element tells one processor that nothing follows. */
export const LEVEL_LIST = 'levels:batches'

export const LINES_PER_MESSAGE = 1000

export interface LevelWork {
  readonly level: LevelName
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly paths: readonly string[]
  /** How many lines to take from the beginning of the files. */
  readonly lines: number
}

export interface ReaderCounts {
  readonly lines: number
  readonly messages: number
  readonly messageBytes: number
}

export interface ProcessorCounts {
  readonly rows: number
  /** Lines that no pattern fits. */
  readonly dropped: number
}

export interface LevelResult extends ReaderCounts, ProcessorCounts {
  /** From the first line read to the last commit, when all processes were up and connected. */
  readonly seconds: number
}

/** Runs one level on an empty database and an empty Redis: a reader and the level's processors, all at once. */
export async function runLevel(work: LevelWork): Promise<LevelResult> {
  const level = LEVELS[work.level]
  await withClient(work.databaseUrl, (client) => level.createTables(client))
  const { results, seconds } = await runTogether<ReaderCounts | ProcessorCounts>([
    startTimedProcess('./reader-process.js', import.meta.url, work),
    ...Array.from({ length: level.processors }, () =>
      startTimedProcess<LevelWork, ProcessorCounts>('./processor-process.js', import.meta.url, work),
    ),
  ])
  const result = { lines: 0, messages: 0, messageBytes: 0, rows: 0, dropped: 0, seconds }
  for (const counts of results) {
    if ('messages' in counts) Object.assign(result, counts)
    else {
      result.rows += counts.rows
      result.dropped += counts.dropped
    }
  }
  return result
}
