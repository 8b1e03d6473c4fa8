import { runTogether, startTimedProcess } from '../timed-process.js'
import type { PreparedRows } from './prepare-rows.js'

export interface FeederWork {
  readonly databaseUrl: string
  /** In the order in which they are fed. */
  readonly rows: readonly PreparedRows[]
}

export interface CopyLimitResult {
  readonly rows: number
  /** From the first COPY to the last commit, when everything was connected, encoded and in memory. */
  readonly seconds: number
}

/** Feeds all rows into the exercise's tables, which must be there and empty, over so many connections. */
export async function runCopyLimit(
  databaseUrl: string,
  rows: readonly PreparedRows[],
  connections: number,
): Promise<CopyLimitResult> {
  const { results, seconds } = await runTogether(
    shareRows(rows, connections).map((share) =>
      startTimedProcess<FeederWork, number>('./feeder-process.js', import.meta.url, {
        databaseUrl,
        rows: share,
      }),
    ),
  )
  return { rows: results.reduce((total, count) => total + count, 0), seconds }
}

/**
 * Deals each table's pieces out in turn. Every other connection begins with the last table, so that they rarely meet in
 * one index. Giving each connection tables of its own was slower: the last one to end works alone.
 */
export function shareRows(rows: readonly PreparedRows[], connections: number): PreparedRows[][] {
  return Array.from({ length: connections }, (_, connection) => {
    const share = rows.map((table) => ({
      ...table,
      pieces: table.pieces.filter((_piece, index) => index % connections === connection),
    }))
    return connection % 2 === 0 ? share : share.reverse()
  })
}
