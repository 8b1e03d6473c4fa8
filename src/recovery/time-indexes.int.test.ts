import { randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { committedFiles } from '../../load/test/committed-files.js'
import { lines, testPool } from '../../load/test/recorded-text.js'
import { createLogger } from '../telemetry/logger.js'

/** The URL of a role that may do everything with the tables but does not own them. */
async function otherRole(pool: ReturnType<typeof testPool>): Promise<string> {
  const role = `test_other_${randomBytes(6).toString('hex')}`
  const schemas = 'sluice, sluice_partitions, sluice_rollups, public'
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
  onTestFinished(async () => {
    await pool.query(`DROP OWNED BY ${role}`)
    await pool.query(`DROP ROLE ${role}`)
  })
  await pool.query(`GRANT USAGE ON SCHEMA ${schemas} TO ${role}`)
  await pool.query(`GRANT ALL ON ALL TABLES IN SCHEMA ${schemas} TO ${role}`)
  await pool.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA ${schemas} TO ${role}`)
  const url = new URL(pool.options.connectionString!)
  url.username = role
  url.password = role
  return url.href
}

it('leaves the time indexes of another role alone: it parses again without, and says so once', async () => {
  const files = await committedFiles()
  const { pool } = files.ledger
  await pool.query(`SELECT sluice.ensure_partition('firewall_logs', '2024-01-15')`)
  const swaps = 20
  for (let n = 0; n < swaps; n++) await files.commit(lines.firewall(n))
  await files.swapAddresses()

  const log: string[] = []
  const logger = createLogger('warn', { write: (line) => log.push(line) })
  const other = testPool(await otherRole(pool))
  expect(await files.run({ pool: other, logger })).toMatchObject({ swapped: swaps, refused: 0 })
  expect(await files.select('SELECT DISTINCT host(src_ip) AS src FROM firewall_logs')).toEqual([
    { src: '10.0.0.2' },
  ])
  await files.expectBalanced({ indexed: swaps, deadLettered: 0 })
  expect(log.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', table: 'firewall_logs', error: { code: '42501' } },
  ])
})
