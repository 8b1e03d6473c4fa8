import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { testDatabase } from '../../load/test/test-database.js'
import { createPool } from './pool.js'
import { endSilentCopies } from './silent-copies.js'

let databaseUrl: string
let pool: pg.Pool
beforeEach(async () => {
  databaseUrl = await testDatabase()
  pool = createPool({
    url: databaseUrl,
    statementTimeoutMs: 1000,
    lockTimeoutMs: 200,
    idleInTransactionTimeoutMs: 300,
    maxConnections: 2,
    applicationName: 'sluice indexer',
  })
  await pool.query('CREATE TABLE once (value text UNIQUE)')
})
afterEach(() => pool.end())

/** A session that has locked a value and then begins a COPY of which no more comes. */
async function copySilently(applicationName: string, value: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: applicationName })
  client.on('error', () => {})
  await client.connect()
  await client.query('BEGIN')
  await client.query('INSERT INTO once VALUES ($1)', [value])
  const copy = client.query(copyFrom('COPY once FROM STDIN'))
  copy.on('error', () => {})
  copy.write('of which no more comes\n')
  return client
}

it('ends a COPY that has been silent for too long, and no sooner', async () => {
  const silent = await copySilently('sluice indexer', 'a')
  expect(await endSilentCopies(pool)).toBe(0)
  await expect(pool.query("INSERT INTO once VALUES ('a')")).rejects.toMatchObject({ code: '55P03' })
  await pollUntil('it is ended', async () => (await endSilentCopies(pool)) === 1)
  await pool.query("INSERT INTO once VALUES ('a')")
  await silent.end().catch(() => {})
})

it('leaves the sessions of others alone', async () => {
  const clients = [await copySilently('somebody', 'a'), await copySilently('sluice indexer', 'c')]
  await pollUntil('ours is ended', async () => (await endSilentCopies(pool)) === 1)
  const left = await pool.query("SELECT FROM pg_stat_activity WHERE application_name = 'somebody'")
  expect(left.rowCount).toBe(1)
  await Promise.all(clients.map((client) => client.end().catch(() => {})))
})
