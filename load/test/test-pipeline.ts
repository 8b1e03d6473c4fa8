import type { Redis } from 'ioredis'
import { afterAll, expect } from 'vitest'
import { withPool } from '../../src/app/connections.js'
import type { IngestResult } from '../../src/app/ingest.js'
import { type Reconciliation, reconcile } from '../../src/ledger/reconcile.js'
import { checkRollups } from '../../src/rollups/check-rollups.js'
import { loadSettings } from '../../src/settings/load-settings.js'
import { generateRecords } from '../generate/generate-records.js'
import type { Oracle } from '../generate/oracle.js'
import { type Installation, openInstallation } from '../installation/installation.js'
import { withClient } from '../services/postgres-server.js'
import { verify } from '../verify/verify.js'
import { endsWithTest } from './sluice-process.js'
import { testDatabase, testKeyPrefix, testRedisUrl } from './test-database.js'

export type { RoleProcess } from '../installation/installation.js'

/** An installation that ends with its test. */
export interface TestPipeline extends Installation {
  /** `ingest --json`, which has to end with 0. */
  ingest(paths: string[], env?: NodeJS.ProcessEnv): Promise<IngestResult>
  /**
   * The proof of `sluice reconcile`: it balances with exactly so many lines, none of them on its way; and rollups are
   * what they count.
   */
  expectBalanced(lines: number): Promise<Reconciliation>
  /** The same, and every value is what the generator says. */
  expectOracle(oracle: Oracle): Promise<Reconciliation>
}

export interface TestPipelineOptions {
  /** Left out: the servers that all test files share. */
  readonly services?: { readonly databaseUrl: string; readonly redisUrl: string }
  /** The database has the schema of the built-in types already, as `sluice migrate` leaves it. Not with `services`. */
  readonly isMigrated?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** Every command is started by way of this, see startProgram. */
  readonly launcher?: readonly string[]
}

const clients: Redis[] = []
afterAll(() => {
  for (const client of clients.splice(0)) client.disconnect()
})

export async function createTestPipeline(options: TestPipelineOptions = {}): Promise<TestPipeline> {
  const { services, isMigrated = false, env, launcher } = options
  const redisUrl = services?.redisUrl ?? testRedisUrl()
  const installation = openInstallation({
    databaseUrl: services?.databaseUrl ?? (await testDatabase({ isMigrated })),
    redisUrl,
    keyPrefix: testKeyPrefix(),
    onStart: endsWithTest,
    ...(env && { env }),
    ...(launcher && { launcher }),
  })
  const { databaseUrl, redis, sluice } = installation
  clients.push(redis)

  async function json<T>(args: string[], env?: NodeJS.ProcessEnv): Promise<T> {
    const exit = await sluice([...args, '--json'], env)
    expect(exit, `sluice ${args.join(' ')}\n${exit.stdout}\n${exit.stderr}`).toMatchObject({ code: 0 })
    return JSON.parse(exit.stdout) as T
  }

  async function expectBalanced(lines: number): Promise<Reconciliation> {
    // In this process: the command is tested where it is the subject, and would start a process for each proof.
    const settings = loadSettings({ env: { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } })
    const { result, rollups } = await withPool(
      settings,
      async (pool) => ({ result: await reconcile(pool), rollups: await checkRollups(pool) }),
      'unbounded',
    )
    expect(result).toMatchObject({ balanced: true, lines, inFlight: 0, problems: [] })
    expect(result.indexed + result.deadLettered).toBe(lines)
    expect(rollups.exact, JSON.stringify(rollups)).toBe(true)
    return result
  }

  return {
    ...installation,
    ingest: (paths, env) => json<IngestResult>(['ingest', ...paths], env),
    expectBalanced,
    async expectOracle(oracle) {
      const verdict = await withClient(databaseUrl, (client) => verify(client, oracle, 10_000))
      expect(verdict.mismatches).toEqual([])
      const result = await expectBalanced(oracle.totals.lines)
      expect(result).toMatchObject({ indexed: oracle.totals.rows, deadLettered: oracle.totals.deadLettered })
      return result
    },
  }
}

export interface GeneratedLog {
  /** Without their newlines. */
  readonly lines: readonly string[]
  /** The lines from one to before another, as they are in a file; all of them if none are named. */
  text(from?: number, to?: number): string
}

/** Lines of all types, for tests that write their files themselves; all of them can be indexed. */
export function generateLog(seed: number, lineCount: number): GeneratedLog {
  const lines = [...generateRecords({ seed, lines: lineCount })].map(({ line }) => line.toString('latin1'))
  return {
    lines,
    text: (from, to) =>
      lines
        .slice(from, to)
        .map((line) => `${line}\n`)
        .join(''),
  }
}
