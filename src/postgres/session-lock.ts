import type pg from 'pg'

/**
 * A lock that is only tried is answered at once. No answer for so long means a network that went silent while the
 * connection lay idle; the pool does not bound this, since the same session then works for as long as it takes.
 */
const silentNetworkMs = 5000

/**
 * Runs work on a connection that holds a lock of this name, which ends with the connection at the latest; the name is
 * the database's. Returns undefined when somebody else has the lock. The connection survives success only.
 */
export async function withSessionLock<T>(
  pool: pg.Pool,
  name: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect()
  let failed = true
  try {
    const lock = {
      text: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      values: [name],
      query_timeout: silentNetworkMs,
    }
    const result = (await client.query<{ locked: boolean }>(lock)).rows[0]?.locked
      ? await work(client)
      : undefined
    await client.query('SELECT pg_advisory_unlock_all()')
    failed = false
    return result
  } finally {
    client.release(failed)
  }
}
