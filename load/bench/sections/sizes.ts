import type { Client } from 'pg'
import { withClient } from '../../services/postgres-server.js'
import { checkResult, ingestLogs, isRight, type SluiceResult } from '../contest/run-sluice.js'
import { readTableSizes, type TableSize } from '../disk.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import { medianOf } from '../statistics.js'
import { loadBenchQueries, timeQuery } from './analyst-queries.js'
import { fillNaiveTable } from './naive-table.js'

export interface QueryComparison {
  readonly name: string
  readonly title: string
  readonly rows: number
  readonly sluiceMs: number
  readonly naiveMs: number
  readonly timesFaster: number
  /** Both gave the same rows in the same order. */
  readonly equal: boolean
}

export interface SizeReport {
  readonly lines: number
  /** Every round on fresh servers; the last one is the one that is asked. */
  readonly rounds: readonly SluiceResult[]
  /** Median of the rounds, from when it can read and write until every row is committed and every declared index is built. */
  readonly linesPerSecond: number
  readonly right: boolean
  readonly tables: readonly TableSize[]
  /** Absent when queries were not asked for. */
  readonly queries?: readonly QueryComparison[]
  readonly naiveTables?: readonly TableSize[]
}

const VERIFIED_ROWS_PER_TYPE = 1000
/** Up to here a run is short enough for chance to matter. */
const REPEATED_UP_TO_LINES = 2_000_000

/** The rate at a number of lines, and, with `askQueries`, the analysts' questions of that many rows. */
export async function measureSize(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  rounds: number,
  askQueries: boolean,
): Promise<SizeReport> {
  const { lines } = logs.oracle.totals
  const roundCount = lines <= REPEATED_UP_TO_LINES ? rounds : 1
  const results: SluiceResult[] = []
  let tables: TableSize[] = []
  let asked: { queries: QueryComparison[]; naiveTables: TableSize[] } | undefined
  for (let round = 1; round <= roundCount; round++) {
    await environment.withFreshServers(async (servers) => {
      const ingest = await ingestLogs(servers, logs, environment)
      environment.log(`${lines.toLocaleString('en-US')} lines: ${Math.round(lines / ingest.seconds)} lines/s`)
      const checked = await checkResult(servers, logs, VERIFIED_ROWS_PER_TYPE, environment)
      results.push({ ...ingest, ...checked })
      tables = await withClient(servers.databaseUrl, readTableSizes)
      if (askQueries && round === roundCount) asked = await compareQueries(environment, servers, logs)
    })
  }
  return {
    ...{ lines, rounds: results, tables, right: results.every(isRight) },
    linesPerSecond: Math.round(medianOf(results.map((result) => result.lines / result.seconds))),
    ...asked,
  }
}

/** The naive table is filled in a database of its own, on the same server. */
async function compareQueries(
  environment: BenchEnvironment,
  { databaseUrl }: FreshServers,
  { oracle, paths }: GeneratedLogs,
): Promise<{ queries: QueryComparison[]; naiveTables: TableSize[] }> {
  const { startMs, eventsPerSecond, lines } = oracle.options
  const queries = await loadBenchQueries(startMs + (lines * 1000) / eventsPerSecond)
  return environment.withNeighbour((naive) =>
    withClient(naive, async (naiveClient) => {
      environment.log(`filling the naive table with ${lines.toLocaleString('en-US')} rows`)
      await fillNaiveTable(naiveClient, paths)
      return withClient(databaseUrl, async (sluiceClient: Client) => {
        const compared: QueryComparison[] = []
        for (const { name, title, sluiceSql, naiveSql, values } of queries) {
          const sluice = await timeQuery(sluiceClient, sluiceSql, values)
          const naiveTimed = await timeQuery(naiveClient, naiveSql, values)
          const [sluiceMs, naiveMs] = [sluice.milliseconds, naiveTimed.milliseconds]
          environment.log(`query ${name}: ${sluiceMs.toFixed(1)} ms, naive ${naiveMs.toFixed(1)} ms`)
          const equal = JSON.stringify(sluice.rows) === JSON.stringify(naiveTimed.rows)
          compared.push({
            ...{ name, title, rows: sluice.rows.length, sluiceMs, naiveMs, equal },
            timesFaster: naiveMs / sluiceMs,
          })
        }
        return { queries: compared, naiveTables: await readTableSizes(naiveClient) }
      })
    }),
  )
}
