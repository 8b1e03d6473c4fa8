import type pg from 'pg'

/**
 * Ends sessions of this installation that are in the middle of a COPY and have waited for their client for longer than
 * idle_in_transaction_session_timeout; returns how many. That setting does not reach them, since they are not idle, and
 * neither does any other time-out of PostgreSQL: while it reads COPY data, it looks at nothing but the socket. A
 * process that was stopped there would keep its locks for as long as it is stopped.
 *
 * For whoever has waited for a lock in vain. To end a copy that was only slow costs that it is done again.
 */
export async function endSilentCopies(pool: pg.Pool): Promise<number> {
  const result = await pool.query(
    `SELECT pg_terminate_backend(pid)
       FROM pg_stat_activity,
            (SELECT setting::int AS ms FROM pg_settings
              WHERE name = 'idle_in_transaction_session_timeout') AS patience
      WHERE datname = current_database() AND usename = current_user
        AND application_name LIKE 'sluice %' AND pid <> pg_backend_pid()
        AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE 'COPY %'
        AND patience.ms > 0
        AND clock_timestamp() - query_start > make_interval(secs => patience.ms / 1000.0)`,
  )
  return result.rowCount ?? 0
}
