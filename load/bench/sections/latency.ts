import { mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { withClient } from '../../services/postgres-server.js'
import type { BenchEnvironment, FreshServers } from '../environment.js'
import { runProgram } from '../run-program.js'
import { type SluiceService, startSluice } from '../sluice-service.js'
import { percentileOf, type Weighted } from '../statistics.js'
import { type PacedLog, startPacedWriter, TICK_MS, type Written } from './paced-writer.js'

export interface LatencyReport {
  /** What 100 % load is. */
  readonly fullLinesPerSecond: number
  /** How exact a single latency is: the writer's tick and the observer's look. */
  readonly resolutionMs: number
  readonly loads: readonly LatencyOfLoad[]
}

export interface LatencyOfLoad {
  readonly percent: number
  readonly linesPerSecond: number
  readonly lines: number
  /** From before a line was written until a query could see it. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const LOAD_PERCENTS = [1, 10, 50] as const

const FILES = 2
/** Lines of the first time are not counted: partitions are made, code is compiled. A part of the time that is. */
const WARM_UP_SHARE = 0.3
const LOOK_MS = 10
const ARRIVAL_TIMEOUT_MS = 60_000

/** `sluice run` with default settings follows files that grow at these shares of the rate; each on fresh servers. */
export async function measureLatency(
  environment: BenchEnvironment,
  fullLinesPerSecond: number,
  seconds: number,
): Promise<LatencyReport> {
  const loads: LatencyOfLoad[] = []
  const warmUpMs = seconds * 1000 * WARM_UP_SHARE
  for (const percent of LOAD_PERCENTS) {
    const linesPerSecond = Math.max(FILES, Math.round((fullLinesPerSecond * percent) / 100))
    environment.log(`latency at ${percent} %: ${linesPerSecond} lines/s`)
    const lines = Math.ceil((linesPerSecond * (warmUpMs + seconds * 1000)) / 1000)
    const now = new Date()
    // Today's events, as many a second as there are: what a service that follows its logs gets to see.
    const startMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())
    const logs = await environment.generate({ lines, files: FILES, startMs, eventsPerSecond: linesPerSecond })
    const latencies = await environment.withFreshServers((servers) =>
      followPacedLogs(environment, servers, logs.paths, linesPerSecond / FILES, warmUpMs),
    )
    loads.push({
      ...{ percent, linesPerSecond, lines: latencies.reduce((sum, { weight }) => sum + weight, 0) },
      p50Ms: percentileOf(latencies, 0.5),
      p99Ms: percentileOf(latencies, 0.99),
      maxMs: percentileOf(latencies, 1),
    })
  }
  return { fullLinesPerSecond, resolutionMs: TICK_MS + LOOK_MS, loads }
}

async function followPacedLogs(
  environment: BenchEnvironment,
  servers: FreshServers,
  paths: readonly string[],
  linesPerSecond: number,
  warmUpMs: number,
): Promise<Weighted[]> {
  const { signal } = environment
  const directory = await mkdtemp(join(environment.root, 'growing-'))
  await runProgram('src/main.js', ['migrate'], servers.env, environment)
  const service = await startSluice('all', [directory], servers.env, environment)
  const targets = paths.map((path) => join(directory, basename(path)))
  try {
    return await withClient(servers.databaseUrl, async (client) => {
      const startMs = performance.now()
      const logs = await Promise.all(
        paths.map((path, index) => startPacedWriter(path, targets[index]!, linesPerSecond, signal)),
      )
      const latencies = await observeArrivals(client, logs, service)
      await Promise.all(logs.map((log) => log.finished))
      return latencies.flatMap(({ written, seenMs }) =>
        written.atMs - startMs < warmUpMs ? [] : [{ value: seenMs - written.atMs, weight: written.lines }],
      )
    })
  } finally {
    await service.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Arrival {
  readonly written: Written
  readonly seenMs: number
}

/**
 * Looks every few milliseconds how far each file's lines are committed without a gap; a portion has arrived when its
 * last line has. Portions wait for the whole chunk, all log types of it: single lines may be visible earlier.
 */
async function observeArrivals(
  client: Client,
  logs: readonly PacedLog[],
  service: SluiceService,
): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  const open = new Map(logs.map((log) => [log.path, { log, next: 0, reachedBytes: 0 }]))
  let progressMs = performance.now()
  while (open.size > 0) {
    service.requireAlive()
    for (const [path, state] of open) {
      const reachedBytes = await readReachedBytes(client, path, state.reachedBytes)
      // After the answer: whoever asks at this moment sees the rows.
      const seenMs = performance.now()
      if (reachedBytes > state.reachedBytes) progressMs = seenMs
      state.reachedBytes = reachedBytes
      const { written, totalBytes } = state.log
      for (; (written[state.next]?.endByte ?? Number.POSITIVE_INFINITY) <= reachedBytes; state.next++) {
        arrivals.push({ written: written[state.next]!, seenMs })
      }
      if (reachedBytes === totalBytes) open.delete(path)
    }
    if (performance.now() - progressMs > ARRIVAL_TIMEOUT_MS) throw new Error('No line arrived for a minute.')
    await sleep(LOOK_MS)
  }
  return arrivals
}

/** The end of the last chunk up to which all chunks from `fromByte` on are complete. */
async function readReachedBytes(client: Client, path: string, fromByte: number): Promise<number> {
  const { rows } = await client.query<{ start: string; end: string; complete: boolean }>({
    name: 'chunks from',
    text: `SELECT c.start_offset AS start, c.end_offset AS end,
                  c.lines = (SELECT sum(b.lines) FROM sluice.batches b WHERE b.chunk_id = c.chunk_id) AS complete
             FROM sluice.chunks c JOIN sluice.sources s USING (source_id)
            WHERE s.path = $1 AND c.start_offset >= $2
            ORDER BY c.start_offset LIMIT 1000`,
    values: [path, fromByte],
  })
  let reached = fromByte
  for (const { start, end, complete } of rows) {
    if (Number(start) !== reached || !complete) break
    reached = Number(end)
  }
  return reached
}
