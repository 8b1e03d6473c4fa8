import { Redis } from 'ioredis'
import type pg from 'pg'
import type { Role } from '../../src/app/roles.js'
import { withClient } from '../services/postgres-server.js'
import { type PollOptions, pollUntil } from '../test/poll-until.js'
import { type Exit, type SluiceProcess, startProgram } from './sluice-process.js'

/** Waits that production has in seconds; the order that the settings' cross-checks ask for is kept. */
export const SHORT_WAITS = {
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
  SLUICE_INDEXER_ROLLUP_COMPACT_EVERY_MS: '300',
  SLUICE_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS: '1500',
}

export interface RoleProcess extends SluiceProcess {
  readonly role: Role | 'all'
  /** Where it serves /metrics, /healthz and /readyz, without a slash at the end. */
  readonly httpUrl: string
}

/** One installation of Sluice: a database, streams under a prefix of its own, and the command that works on them. */
export interface Installation {
  readonly databaseUrl: string
  readonly redis: Redis
  /** The Redis key of a log type, such as `key('firewall', 'raw')`. */
  key(logType: string, name: 'raw' | 'rows' | 'dead' | 'batches' | 'bytes'): string
  /** Runs a command to its end, whatever that is. */
  sluice(args: string[], env?: NodeJS.ProcessEnv): Promise<Exit>
  start(args: string[], env?: NodeJS.ProcessEnv): SluiceProcess
  /** Starts a role and waits until it runs. */
  startRole(role: Role | 'all', paths?: string[], env?: NodeJS.ProcessEnv): Promise<RoleProcess>
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Lines in the ledger so far: rows and dead letters. */
  committedLines(): Promise<number>
  /** Waits until at least so many lines are committed. */
  waitForLines(lines: number, options?: PollOptions): Promise<void>
}

/** Starts `sluice` with arguments and an environment. */
export type StartCommand = (args: readonly string[], env: NodeJS.ProcessEnv) => SluiceProcess

export interface InstallationOptions {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly keyPrefix: string
  /** For every command, besides what makes the waits short. */
  readonly env?: NodeJS.ProcessEnv
  /** Every command is started by way of this, see startProgram. */
  readonly launcher?: readonly string[]
  /** How commands are started, if not as processes of this machine. */
  readonly startCommand?: StartCommand
  /** Told of every process that is started. */
  readonly onStart?: (started: SluiceProcess) => void
}

/** The caller disconnects `redis` in the end, and ends the processes. */
export function openInstallation(options: InstallationOptions): Installation {
  const { databaseUrl, redisUrl, keyPrefix, launcher, onStart } = options
  const { startCommand = (args, env) => startProgram('dist/src/main.js', args, env, launcher) } = options
  const installed = {
    ...SHORT_WAITS,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    SLUICE_REDIS_KEY_PREFIX: keyPrefix,
    SLUICE_HTTP_PORT: '0',
    ...options.env,
  }
  const redis = new Redis(redisUrl, { protocol: 2, maxRetriesPerRequest: null })
  // Whoever takes Redis away is not interested in how this client finds it gone.
  redis.on('error', () => undefined)

  const start = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const started = startCommand(args, { ...installed, ...env })
    onStart?.(started)
    return started
  }
  const query = <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    withClient(databaseUrl, async (client) => (await client.query<Row>(sql, values)).rows)

  async function committedLines(): Promise<number> {
    const [row] = await query<{ lines: number }>(
      'SELECT coalesce(sum(lines), 0)::int AS lines FROM sluice.batches',
    )
    return row?.lines ?? 0
  }

  return {
    databaseUrl,
    redis,
    key: (logType, name) => `${keyPrefix}:{${logType}}:${name}`,
    sluice: (args, env) => start(args, env).waitForExit(),
    start,
    async startRole(role, paths = [], env = {}) {
      const started = start(['run', '--role', role, ...paths], env)
      const [, port] = await started.waitForLine(/"httpPort":(\d+)/)
      return Object.assign(started, { role, httpUrl: `http://${started.host()}:${port}` })
    },
    query,
    committedLines,
    async waitForLines(lines, poll) {
      await pollUntil(`${lines} lines are committed`, async () => (await committedLines()) >= lines, {
        timeoutMs: 60_000,
        ...poll,
      })
    },
  }
}
