import { withClient } from '../services/postgres-server.js'
import { pollUntil } from './poll-until.js'

/** Keeps the database as it is now; returns what sets it back to that, whoever is connected. */
export async function rememberDatabase(server: string, databaseUrl: string): Promise<() => Promise<void>> {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1))
  const copy = `${name}_copy`
  // A template must have no sessions; those of a pool come back at any moment.
  await pollUntil(`${name} can be copied`, () =>
    withClient(server, async (client) => {
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
      await client.query(
        `CREATE DATABASE ${client.escapeIdentifier(copy)} TEMPLATE ${client.escapeIdentifier(name)}`,
      )
      return true
    }),
  )
  return () =>
    withClient(server, async (client) => {
      await client.query(`DROP DATABASE ${client.escapeIdentifier(name)} WITH (FORCE)`)
      await client.query(
        `ALTER DATABASE ${client.escapeIdentifier(copy)} RENAME TO ${client.escapeIdentifier(name)}`,
      )
    })
}
