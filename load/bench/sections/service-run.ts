import { link, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { withClient } from '../../services/postgres-server.js'
import { checkIndexes } from '../contest/check-indexes.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import { runProgram } from '../run-program.js'
import { measureServers, type ServerUsage } from '../server-usage.js'
import { type SluiceRole, type SluiceService, startSluice } from '../sluice-service.js'

export interface ServiceProcess {
  readonly role: SluiceRole
  /** While the lines were worked on, its start-up left out. */
  readonly cpuSeconds: number | null
  readonly peakBytes: number | null
}

export interface ServiceRun {
  readonly lines: number
  /** From the appearance of the files to the last commit. */
  readonly seconds: number
  /** From the last commit until every declared index was in place; null when that took too long to wait for. */
  readonly indexSeconds: number | null
  readonly processes: readonly ServiceProcess[]
  readonly usage: ServerUsage
}

const POLL_MS = 50
const INDEX_TIMEOUT_MS = 60_000
/** Without any commit for this long something is broken. */
const STALL_TIMEOUT_MS = 60_000

/** Runs these roles, each as a process of its own, on the files; they are all up before the files appear. */
export async function runService(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  roles: readonly SluiceRole[],
): Promise<ServiceRun> {
  const directory = await mkdtemp(join(environment.root, 'followed-'))
  const services: SluiceService[] = []
  try {
    return await environment.withFreshServers(async (servers) => {
      try {
        await runProgram('src/main.js', ['migrate'], servers.env, environment)
        // Whatever becomes of one, the others have to be known to be stopped.
        const started = await Promise.allSettled(
          roles.map(async (role) => {
            const paths = role === 'reader' || role === 'all' ? [directory] : []
            services.push(await startSluice(role, paths, servers.env, environment))
          }),
        )
        for (const one of started) if (one.status === 'rejected') throw one.reason
        return await measureService(servers, logs, services, directory)
      } finally {
        await Promise.all(services.map((service) => service.stop()))
      }
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measureService(
  servers: FreshServers,
  { oracle, paths }: GeneratedLogs,
  services: readonly SluiceService[],
  directory: string,
): Promise<ServiceRun> {
  const { lines } = oracle.totals
  return withClient(servers.databaseUrl, async (client) => {
    const before = await Promise.all(services.map((service) => service.cpuSeconds()))
    const { result, usage } = await measureServers(servers, async () => {
      for (const path of paths) await link(path, join(directory, basename(path)))
      const seconds = await waitUntilCommitted(client, lines, services)
      return { seconds, indexSeconds: await waitForIndexes(client, services) }
    })
    const processes = services.map(async (service, index) => {
      const after = await service.cpuSeconds()
      const start = before[index] ?? null
      const cpuSeconds = after === null || start === null ? null : after - start
      return { role: service.role, cpuSeconds, peakBytes: await service.peakBytes() }
    })
    return { lines, ...result, processes: await Promise.all(processes), usage }
  })
}

/** Returns the seconds since the first file was seen, by the database's clock. */
async function waitUntilCommitted(
  client: Client,
  lines: number,
  services: readonly SluiceService[],
): Promise<number> {
  let committed = 0
  let progressMs = performance.now()
  for (;;) {
    for (const service of services) service.requireAlive()
    const { rows } = await client.query<{ lines: string | null; seconds: number }>(
      `SELECT sum(lines) AS lines,
              extract(epoch FROM clock_timestamp() - (SELECT min(first_seen_at) FROM sluice.sources))::float8 AS seconds
         FROM sluice.batches`,
    )
    const found = Number(rows[0]?.lines ?? 0)
    if (found === lines) return rows[0]!.seconds
    if (found > committed) progressMs = performance.now()
    committed = found
    if (performance.now() - progressMs > STALL_TIMEOUT_MS) {
      throw new Error(`No commit for a minute; ${found} of ${lines} lines are there.`)
    }
    await sleep(POLL_MS)
  }
}

async function waitForIndexes(client: Client, services: readonly SluiceService[]): Promise<number | null> {
  const startedMs = performance.now()
  while (performance.now() - startedMs < INDEX_TIMEOUT_MS) {
    for (const service of services) service.requireAlive()
    if ((await checkIndexes(client)).complete) return (performance.now() - startedMs) / 1000
    await sleep(POLL_MS)
  }
  return null
}
