import pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'

export interface PostgresOptions {
  readonly url: string
  /** 0: no bound, and none on transactions either. For what takes as long as the tables are large. */
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly idleInTransactionTimeoutMs: number
  readonly maxConnections: number
  /** Shows in pg_stat_activity. */
  readonly applicationName: string
}

/** Oldest server that is supported: the oldest with community support when this was written is newer. */
const oldestVersion = 150000

/**
 * A pool whose sessions cannot hold up others for ever: every statement, every wait for a lock and every idle
 * transaction is bounded by the server, and a silent network by the client.
 */
export function createPool(options: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
    // The server's own bound comes first; this one is for a network that went silent.
    ...(options.statementTimeoutMs > 0 ? { query_timeout: options.statementTimeoutMs + 5000 } : {}),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Where no statement has a bound, only this notices a peer that is gone; the kernel's own delay is two hours.
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 30_000,
    // From PostgreSQL 17 on, the bound on a transaction whose statements are each short enough. Awaited by the pool
    // before it gives the client away. It does not end a COPY whose client is silent; see silent-copies.ts.
    onConnect: async (client) => {
      if (options.statementTimeoutMs === 0) return
      await client.query(
        `SELECT set_config('transaction_timeout', $1, false)
           FROM pg_settings WHERE name = 'transaction_timeout'`,
        [String(options.statementTimeoutMs + options.idleInTransactionTimeoutMs)],
      )
    },
  })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => {})
  // The pool listens only while a client is idle. One that breaks in use fails its next statement, which is enough.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  return pool
}

/** @throws SluiceError SLUICE_POSTGRES_UNREACHABLE, SLUICE_POSTGRES_TOO_OLD */
export async function checkPostgres(pool: pg.Pool): Promise<void> {
  let version: number
  try {
    const result = await pool.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    )
    version = result.rows[0]!.version
  } catch (cause) {
    throw new SluiceError('SLUICE_POSTGRES_UNREACHABLE', 'PostgreSQL does not answer', {
      expected: 'a PostgreSQL at DATABASE_URL',
      cause,
    })
  }
  if (version < oldestVersion) {
    throw new SluiceError('SLUICE_POSTGRES_TOO_OLD', 'PostgreSQL is too old', {
      expected: '15 or newer',
      got: `version number ${version}`,
    })
  }
}

/**
 * Runs work in a transaction on a client of the pool. After any failure the connection is destroyed, not reused:
 * what state a broken COPY left it in is not worth finding out.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let failure: unknown
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    failure = error
    throw error
  } finally {
    client.release(failure === undefined ? undefined : failure instanceof Error ? failure : true)
  }
}
