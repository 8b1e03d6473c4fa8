import { withClient } from '../../services/postgres-server.js'
import { readTableSizes } from '../disk.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import { readEndedChildrenSeconds } from '../process-cpu.js'
import { measureServers } from '../server-usage.js'
import { medianOf, spreadOf } from '../statistics.js'
import type { Contestant, ContestantReport, ContestantRound } from './contestant.js'
import { COPY_LIMIT_ID, type ContestLines, createContestants, NAIVE_ID } from './contestants.js'

export interface ContestReport {
  readonly lines: number
  readonly rounds: number
  readonly naiveLines: number
  readonly levelLines: number
  readonly contestants: readonly ContestantReport[]
}

/** All contestants, round by round, each on fresh servers; the order turns, so that none is always the first. */
export async function runContest(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  rounds: number,
  { naiveLines, levelLines }: ContestLines,
): Promise<ContestReport> {
  const contestants = await createContestants(environment, logs, { naiveLines, levelLines })
  const done = new Map<string, ContestantRound[]>(contestants.map(({ id }) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of rotate(contestants, round * 4)) {
      const result = await environment.withFreshServers((servers) => runOnce(contestant, servers))
      done.get(contestant.id)!.push(result)
      const { rows, seconds } = result
      environment.log(
        `round ${round + 1} of ${rounds}, ${contestant.title}: ` +
          `${Math.round(rows / seconds).toLocaleString('en-US')} rows/s`,
      )
    }
  }
  return {
    ...{ lines: logs.oracle.totals.lines, rounds, naiveLines, levelLines },
    contestants: summarise(contestants, done),
  }
}

async function runOnce(contestant: Contestant, servers: FreshServers): Promise<ContestantRound> {
  const cpuBefore = await readEndedChildrenSeconds()
  const { result, usage } = await measureServers(servers, () => contestant.run(servers))
  const cpuAfter = await readEndedChildrenSeconds()
  const cpuSeconds = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore
  const tables = await withClient(servers.databaseUrl, readTableSizes)
  const { check, ...run } = result
  return { ...run, cpuSeconds, usage, tables, ...(check !== undefined && { sluice: await check() }) }
}

function summarise(
  contestants: readonly Contestant[],
  done: ReadonlyMap<string, readonly ContestantRound[]>,
): ContestantReport[] {
  const rateOf = (id: string) => medianOf(done.get(id)!.map(({ rows, seconds }) => rows / seconds))
  const naive = rateOf(NAIVE_ID)
  const limit = rateOf(COPY_LIMIT_ID)
  return contestants.map(({ id, title, group }) => {
    const rounds = done.get(id)!
    const rowsPerSecond = spreadOf(rounds.map(({ rows, seconds }) => Math.round(rows / seconds)))
    return {
      ...{ id, title, group, rows: rounds[0]?.rows ?? 0, rowsPerSecond },
      timesNaive: rateOf(id) / naive,
      timesCopyLimit: rateOf(id) / limit,
      rounds,
    }
  })
}

/** The same items, begun with another one. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
