import { Redis } from 'ioredis'
import type pg from 'pg'
import { afterAll, expect } from 'vitest'
import type { IngestResult } from '../../src/app/ingest.js'
import type { Role } from '../../src/app/roles.js'
import type { Reconciliation } from '../../src/ledger/reconcile.js'
import { generateRecords } from '../generate/generate-records.js'
import type { Oracle } from '../generate/oracle.js'
import { withClient } from '../services/postgres-server.js'
import { verify } from '../verify/verify.js'
import { type PollOptions, pollUntil } from './poll-until.js'
import { type Exit, type SluiceProcess, startSluice } from './sluice-process.js'
import { testDatabase, testKeyPrefix, testRedisUrl } from './test-database.js'

/** Waits that production has in seconds; the order that the settings' cross-checks ask for is kept. */
const SHORT_WAITS = {
  SLUICE_READER_POLL_MS: '20',
  SLUICE_READER_RESCAN_MS: '100',
  SLUICE_READER_CHUNK_MS: '50',
  SLUICE_READER_PARTIAL_LINE_MS: '700',
  SLUICE_READER_SWEEP_MS: '100',
  SLUICE_READER_REPUBLISH_GRACE_MS: '500',
  SLUICE_PARSER_BLOCK_MS: '200',
  SLUICE_PARSER_MIN_IDLE_MS: '1000',
  SLUICE_PARSER_CLAIM_EVERY_MS: '200',
  SLUICE_INDEXER_BLOCK_MS: '200',
  SLUICE_INDEXER_MIN_IDLE_MS: '1500',
  SLUICE_INDEXER_CLAIM_EVERY_MS: '200',
  SLUICE_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS: '1500',
}

export interface RoleProcess extends SluiceProcess {
  /** Where it serves /metrics, /healthz and /readyz, without a slash at the end. */
  readonly httpUrl: string
}

/** One installation of Sluice: a database, streams under a prefix of its own, and the command that works on them. */
export interface TestPipeline {
  readonly databaseUrl: string
  readonly redis: Redis
  /** The Redis key of a log type, such as `key('firewall', 'raw')`. */
  key(logType: string, name: 'raw' | 'rows' | 'dead' | 'batches' | 'bytes'): string
  /** Runs a command to its end, whatever that is. */
  sluice(args: string[], env?: NodeJS.ProcessEnv): Promise<Exit>
  start(args: string[], env?: NodeJS.ProcessEnv): SluiceProcess
  /** Starts a role and waits until it runs. */
  startRole(role: Role | 'all', paths?: string[], env?: NodeJS.ProcessEnv): Promise<RoleProcess>
  /** `ingest --json`, which has to end with 0. */
  ingest(paths: string[], env?: NodeJS.ProcessEnv): Promise<IngestResult>
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Lines in the ledger so far: rows and dead letters. */
  committedLines(): Promise<number>
  /** Waits until at least so many lines are committed. */
  waitForLines(lines: number, options?: PollOptions): Promise<void>
  /** The proof: `reconcile` balances with exactly so many lines, none of them on its way. */
  expectBalanced(lines: number): Promise<Reconciliation>
  /** The same, and every value is what the generator says. */
  expectOracle(oracle: Oracle): Promise<Reconciliation>
}

export interface TestPipelineOptions {
  /** Left out: the servers that all test files share. */
  readonly services?: { readonly databaseUrl: string; readonly redisUrl: string }
  readonly env?: NodeJS.ProcessEnv
  /** Every command is started by way of this, see startSluice. */
  readonly launcher?: readonly string[]
}

const clients: Redis[] = []
afterAll(() => {
  for (const client of clients.splice(0)) client.disconnect()
})

export async function createTestPipeline(options: TestPipelineOptions = {}): Promise<TestPipeline> {
  const databaseUrl = options.services?.databaseUrl ?? (await testDatabase())
  const redisUrl = options.services?.redisUrl ?? testRedisUrl()
  const keyPrefix = testKeyPrefix()
  const installed = {
    ...SHORT_WAITS,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    SLUICE_REDIS_KEY_PREFIX: keyPrefix,
    SLUICE_HTTP_PORT: '0',
    ...options.env,
  }
  const redis = new Redis(redisUrl, { protocol: 2, maxRetriesPerRequest: null })
  // A test that takes Redis away is not interested in how this client finds it gone.
  redis.on('error', () => undefined)
  clients.push(redis)

  const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    startSluice(args, { ...installed, ...env }, options.launcher)
  const sluice = (args: string[], env?: NodeJS.ProcessEnv) => start(args, env).waitForExit()
  const query = <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    withClient(databaseUrl, async (client) => (await client.query<Row>(sql, values)).rows)

  async function json<T>(args: string[], env?: NodeJS.ProcessEnv): Promise<T> {
    const exit = await sluice([...args, '--json'], env)
    expect(exit, `sluice ${args.join(' ')}\n${exit.stdout}\n${exit.stderr}`).toMatchObject({ code: 0 })
    return JSON.parse(exit.stdout) as T
  }

  async function committedLines(): Promise<number> {
    const [row] = await query<{ lines: number }>(
      'SELECT coalesce(sum(lines), 0)::int AS lines FROM sluice.batches',
    )
    return row?.lines ?? 0
  }

  async function expectBalanced(lines: number): Promise<Reconciliation> {
    const result = await json<Reconciliation>(['reconcile'])
    expect(result).toMatchObject({ balanced: true, lines, inFlight: 0, problems: [] })
    expect(result.indexed + result.deadLettered).toBe(lines)
    return result
  }

  return {
    databaseUrl,
    redis,
    key: (logType, name) => `${keyPrefix}:{${logType}}:${name}`,
    sluice,
    start,
    async startRole(role, paths = [], env = {}) {
      const started = start(['run', '--role', role, ...paths], env)
      const [, port] = await started.waitForLine(/"httpPort":(\d+)/)
      return Object.assign(started, { httpUrl: `http://127.0.0.1:${port}` })
    },
    ingest: (paths, env) => json<IngestResult>(['ingest', ...paths], env),
    query,
    committedLines,
    async waitForLines(lines, poll) {
      await pollUntil(`${lines} lines are committed`, async () => (await committedLines()) >= lines, {
        timeoutMs: 60_000,
        ...poll,
      })
    },
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
