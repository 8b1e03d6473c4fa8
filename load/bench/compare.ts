import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Oracle } from '../generate/oracle.js'
import { writeLogs } from '../generate/write-logs.js'
import type { NaiveResult } from '../naive/run-naive.js'
import { createDatabase, dropDatabase, startServices } from '../services/services.js'
import { verify } from '../verify/verify.js'
import type { Comparison, IngestSummary } from './comparison.js'
import { runProgram } from './run-program.js'
import { readServerFacts, requireEmptyRedis } from './server-facts.js'

export interface CompareOptions {
  readonly lines: number
  /** The naive pipeline's share of the lines: its speed does not depend on how many there are. */
  readonly naiveLines: number
  readonly files: number
  readonly seed: number
  readonly hostilePercent: number
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

const VERIFIED_ROWS_PER_TYPE = 10_000

/** Runs both pipelines one after the other on the same servers and files, each in a fresh database. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { log, signal } = options
  const release: (() => Promise<void>)[] = []
  try {
    const root = await mkdtemp(join(tmpdir(), 'bench-'))
    release.push(() => rm(root, { recursive: true, force: true }))
    const directory = join(root, 'logs')
    log(`generating ${options.lines} lines`)
    const { lines, files, seed, hostilePercent } = options
    const oracle = await writeLogs({ lines, files, seed, hostilePercent }, { directory })

    const services = await startServices({ log })
    release.push(() => services.stop())
    await requireEmptyRedis(services.redisUrl)
    const createFresh = async (name: string) => {
      const unique = `first_mark_${name}_${randomBytes(4).toString('hex')}`
      const databaseUrl = await createDatabase(services.databaseUrl, unique)
      release.push(() => dropDatabase(services.databaseUrl, unique))
      return { DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl }
    }

    const naiveEnv = await createFresh('naive')
    log(`naive: ${Math.min(options.naiveLines, options.lines)} lines`)
    const paths = oracle.files.map(({ name }) => join(directory, name))
    const naiveArgs = ['--lines', String(options.naiveLines), ...paths]
    const naiveRun = await runProgram('load/naive/main.js', naiveArgs, naiveEnv, signal)
    const naive = JSON.parse(naiveRun.output) as NaiveResult

    const sluiceEnv = await createFresh('sluice')
    log(`sluice: ${options.lines} lines`)
    const run = await runProgram('src/main.js', ['ingest', '--json', directory], sluiceEnv, signal)
    const {
      balanced,
      lines: ingested,
      indexed,
      deadLettered,
      seconds,
    } = JSON.parse(run.output) as IngestSummary

    log('verifying')
    const verified = await isAsForeseen(sluiceEnv.DATABASE_URL, oracle, log)
    const rowsPerSecond = Math.round(indexed / run.seconds)
    return {
      naive,
      sluice: {
        ...{ balanced, lines: ingested, indexed, deadLettered, seconds },
        wallSeconds: run.seconds,
        rowsPerSecond,
        peakMemoryBytes: run.peakMemory.bytes,
        processes: run.peakMemory.processes,
        verified,
      },
      // The speed of a wrong result is none.
      ratio: balanced && verified ? rowsPerSecond / naive.rowsPerSecond : null,
      servers: await readServerFacts(sluiceEnv.DATABASE_URL, services.redisUrl),
      machine: {
        cpus: availableParallelism(),
        node: process.version,
        platform: `${process.platform} ${process.arch}`,
      },
    }
  } finally {
    // Databases go before the servers, and the servers before the files.
    for (const releaseOne of release.reverse()) await releaseOne()
  }
}

async function isAsForeseen(
  databaseUrl: string,
  oracle: Oracle,
  log: (line: string) => void,
): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const verdict = await verify(client, oracle, VERIFIED_ROWS_PER_TYPE)
    for (const { kind, count, samples } of verdict.mismatches) {
      log(`${kind}: ${count}, for example ${JSON.stringify(samples[0])}`)
    }
    return verdict.ok
  } finally {
    await client.end()
  }
}
