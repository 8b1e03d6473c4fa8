import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generateRecords } from '../generate/generate-records.js'
import type { Oracle } from '../generate/oracle.js'
import { isDeadLetter, LOG_TYPES } from '../generate/record.js'
import { writeLogs } from '../generate/write-logs.js'
import { temporaryDirectory } from '../test/temporary-directory.js'
import { testDatabase } from '../test/test-database.js'
import { TABLES } from './tables.js'
import { verify } from './verify.js'

const SQL_TYPES = { text: 'text', number: 'bigint', address: 'inet', moment: 'timestamptz' } as const

let client: pg.Client
beforeAll(async () => {
  client = new pg.Client({ connectionString: await testDatabase() })
  await client.connect()
})
afterAll(() => client.end())

/** Puts into the tables what a pipeline without faults would. */
async function load(oracle: Oracle): Promise<void> {
  await client.query('DROP SCHEMA IF EXISTS sluice, public CASCADE')
  await client.query('CREATE SCHEMA public')
  await client.query('CREATE SCHEMA sluice')
  await client.query('CREATE TABLE sluice.sources (source_id int, path text)')
  await client.query(`CREATE TABLE sluice.dead_letters
    (log_type text, source_id int, line_offset bigint, line_bytes bigint, raw bytea, reason text)`)
  for (const logType of LOG_TYPES) {
    const { table, columns } = TABLES[logType]
    const defined = Object.entries(columns).map(([column, kind]) => `"${column}" ${SQL_TYPES[kind]}`)
    await client.query(
      `CREATE TABLE ${table} (${defined.join(', ')}, extra jsonb, source_id int, line_offset bigint)`,
    )
  }
  for (const [index, { name }] of oracle.files.entries()) {
    await client.query('INSERT INTO sluice.sources VALUES ($1, $2)', [index + 1, join('/elsewhere', name)])
  }
  for (const { file, segment, offset, line, terminator, expected } of generateRecords(oracle.options)) {
    const sourceId = oracle.files.findIndex((known) => known.file === file && known.segment === segment) + 1
    if (isDeadLetter(expected)) {
      const stored = Buffer.concat([line, Buffer.from(terminator.replace('\n', ''))])
      await client.query('INSERT INTO sluice.dead_letters VALUES ($1, $2, $3, $4, $5, $6)', [
        expected.logType,
        sourceId,
        offset,
        stored.length,
        stored.subarray(0, 65_536),
        expected.deadLetter,
      ])
    } else {
      const values = [...Object.values(expected.values), expected.extra ?? null, sourceId, offset]
      const slots = values.map((_, index) => `$${index + 1}`)
      await client.query(`INSERT INTO ${TABLES[expected.logType].table} VALUES (${slots.join(', ')})`, values)
    }
  }
}

async function kindsFound(oracle: Oracle): Promise<string[]> {
  return (await verify(client, oracle, 10_000)).mismatches.map(({ kind }) => kind)
}

describe('verify', () => {
  let oracle: Oracle
  beforeAll(async () => {
    const directory = join(await temporaryDirectory(), 'logs')
    oracle = await writeLogs({ seed: 21, lines: 900, files: 2, hostilePercent: 30 }, { directory })
  })
  beforeEach(() => load(oracle))

  test('finds nothing wrong with tables that hold exactly what was generated', async () => {
    const verdict = await verify(client, oracle, 10_000)
    expect(verdict.mismatches).toEqual([])
    expect(verdict.ok).toBe(true)
    expect(verdict.compared.firewall).toBe(oracle.rows.firewall)
    expect(verdict.compared.deadLetters).toBe(oracle.totals.deadLettered)
  })

  test('compares all rows of hostile lines and only a sample of the ordinary ones', async () => {
    const { compared } = await verify(client, oracle, 0)
    expect(compared.dns).toBeGreaterThan(0)
    expect(compared.dns).toBeLessThan(oracle.rows.dns)
  })

  test.each([
    [
      'DELETE FROM dns_logs WHERE ctid = (SELECT min(ctid) FROM dns_logs)',
      ['source_total', 'row_total', 'row_missing'],
    ],
    ['INSERT INTO auth_logs SELECT * FROM auth_logs LIMIT 1', ['source_total', 'row_total', 'row_duplicate']],
    [
      "UPDATE firewall_logs SET src_ip = '10.9.8.7' WHERE ctid = (SELECT min(ctid) FROM firewall_logs)",
      ['row_value'],
    ],
    ["UPDATE dns_logs SET timestamp = timestamp + interval '1 microsecond'", ['row_value']],
    ['UPDATE firewall_logs SET extra = NULL', ['row_value']],
    ['UPDATE firewall_logs SET dst_port = NULL', ['row_value']],
    ['UPDATE auth_logs SET line_offset = line_offset + 1', ['row_missing']],
    [
      `UPDATE sluice.dead_letters SET reason = 'no_match'
        WHERE ctid = (SELECT min(ctid) FROM sluice.dead_letters WHERE reason = 'no_type')`,
      ['dead_letter_total', 'dead_letter_value'],
    ],
    ["UPDATE sluice.dead_letters SET raw = raw || '!'", ['dead_letter_value']],
    ['UPDATE sluice.dead_letters SET line_bytes = 0', ['dead_letter_value']],
    ['DELETE FROM sluice.dead_letters', ['source_total', 'dead_letter_total', 'dead_letter_missing']],
    [
      'INSERT INTO sluice.dead_letters SELECT * FROM sluice.dead_letters LIMIT 1',
      ['source_total', 'dead_letter_total', 'dead_letter_duplicate'],
    ],
    ["INSERT INTO sluice.sources VALUES (9, '/elsewhere/copy.log')", ['source_unexpected']],
    ['DELETE FROM sluice.sources WHERE source_id = 2', ['source_missing']],
  ])('notices %s', async (damage, kinds) => {
    await client.query(damage)
    expect(await kindsFound(oracle)).toEqual(kinds)
  })

  test('keeps a few samples and the number of all', async () => {
    await client.query('UPDATE firewall_logs SET action = NULL')
    const [group] = (await verify(client, oracle, 10_000)).mismatches
    expect(group?.count).toBe(oracle.rows.firewall)
    expect(group?.samples).toHaveLength(5)
    expect(group?.samples[0]).toMatchObject({ log_type: 'firewall', column: 'action', found: null })
  })
})

describe('verify after rotation', () => {
  test('tells segments apart by their content, whatever names they have now', async () => {
    const directory = join(await temporaryDirectory(), 'logs')
    const options = { seed: 4, lines: 600, files: 2, hostilePercent: 10, rotateLines: 100 }
    const oracle = await writeLogs(options, { directory, rotation: 'copytruncate' })
    await load(oracle)
    await client.query(`UPDATE sluice.sources SET path = '/elsewhere/logs_0000.log' WHERE path ~ 'logs_0000'`)
    expect(await kindsFound(oracle)).toEqual([])
    await client.query('DELETE FROM sluice.sources WHERE source_id = 1')
    expect(await kindsFound(oracle)).toContain('source_missing')
  })
})
