import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { copyDeclarations } from '../../load/test/declarations.js'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import { migrateSchema } from '../app/schema.js'
import { loadLogTypes } from '../log-types/registry.js'
import { selectUndeclaredFields } from '../queries/undeclared-fields.js'
import { checkRollups } from '../rollups/check-rollups.js'
import { compactHours, selectSplitHours } from '../rollups/compact-hours.js'
import { selectRollups } from '../rollups/declared-rollups.js'
import { fillColumn } from './fill-column.js'

const stop = new AbortController().signal

async function setUp() {
  const pool = testPool(await testDatabase())
  const directory = await copyDeclarations()
  await migrateSchema(pool, (await loadLogTypes(directory)).types)
  for (const day of ['2024-01-15', '2024-01-16']) {
    await pool.query(`SELECT sluice.ensure_partition('firewall_logs', $1::date)`, [day])
  }
  return { pool, directory }
}

it('moves values out of extra, typed as new lines are, in every partition; what is no such value stays', async () => {
  const { pool, directory } = await setUp()
  await pool.query(
    `INSERT INTO firewall_logs (timestamp, src_ip, dst_ip, action, protocol, source_id, line_offset, parser_version, extra)
     SELECT timestamptz '2024-01-15 00:00Z' + n % 3 * interval '1 day', '10.0.0.1', '10.0.0.2', 'accept', 'TCP', 1, n, 1,
            CASE n % 5 WHEN 0 THEN jsonb_build_object('bytes', n::text)
                       WHEN 1 THEN jsonb_build_object('bytes', n, 'agent', 'x"y')
                       WHEN 2 THEN jsonb_build_object('bytes', 'many')
                       WHEN 3 THEN jsonb_build_object('agent', '') END
       FROM generate_series(1, 30000) n`,
  )
  const file = join(directory, 'firewall.yaml')
  const declared =
    'columns:\n  - { name: sent, from: bytes, type: integer }\n  - { name: agent, type: text }\n'
  await writeFile(file, (await readFile(file, 'utf8')).replace('columns:\n', declared))
  await appendFile(file, '  - { name: agents_hourly, by: [agent, sent] }\n')
  const { types } = await loadLogTypes(directory)
  await migrateSchema(pool, types)
  const type = types.find(({ name }) => name === 'firewall')!

  const before = await selectUndeclaredFields(pool, type, 100_000)
  expect(before).toMatchObject({
    ...{ rows: 30_000, isWhole: true },
    fields: [
      { name: 'bytes', column: 'sent', rows: 18_000, looksLike: 'text', firstSeen: '2024-01-15T00:00:00Z' },
      { name: 'agent', column: 'agent', rows: 12_000, lastSeen: '2024-01-17T00:00:00Z' },
    ],
  })
  const [sent, agent] = ['sent', 'agent'].map((name) => type.columns.find((column) => column.name === name)!)
  const progress: number[] = []
  const onProgress = ({ blocks, totalBlocks }: { blocks: number; totalBlocks: number }) =>
    progress.push(blocks / totalBlocks)
  expect(await fillColumn({ pool, type, column: sent!, onProgress, stop })).toEqual({
    ...{ filled: 12_000, refused: { bad_integer: 6000 } },
  })
  expect(progress.at(-1)).toBe(1)
  const rows = await pool.query(
    `SELECT count(*) FILTER (WHERE sent = line_offset)::int AS right,
            count(*) FILTER (WHERE extra ->> 'bytes' = 'many' AND sent IS NULL)::int AS kept,
            count(*) FILTER (WHERE sent IS NOT NULL AND extra ? 'bytes')::int AS both,
            count(*) FILTER (WHERE extra = '{}')::int AS empty FROM firewall_logs`,
  )
  expect(rows.rows).toEqual([{ right: 12_000, kept: 6000, both: 0, empty: 0 }])
  // Repeated, nothing is left to do; another column is filled from what is left.
  const again = await fillColumn({ pool, type, column: sent!, onProgress, stop })
  expect(again).toEqual({ filled: 0, refused: { bad_integer: 6000 } })
  await fillColumn({ pool, type, column: agent!, onProgress, stop })
  const agents = await pool.query(
    `SELECT agent, count(*)::int AS n FROM firewall_logs WHERE extra IS NULL GROUP BY 1 ORDER BY 1`,
  )
  expect(agents.rows).toEqual([
    { agent: 'x"y', n: 6000 },
    { agent: null, n: 18_000 },
  ])
  const { rollups } = await checkRollups(pool)
  expect(rollups.find(({ name }) => name === 'agents_hourly')).toMatchObject({
    filled: true,
    wrongCounts: 0,
  })
  // Hours of three days without a value, and those with one.
  const counted = await pool.query(
    `SELECT sum(events)::int AS n FROM agents_hourly WHERE agent = 'x"y' AND sent IS NOT NULL`,
  )
  expect(counted.rows).toEqual([{ n: 6000 }])
  // What was taken away from "no value" meets what it was taken from.
  const events = (await selectRollups(pool)).find(({ name }) => name === 'firewall_logs_hourly')!
  const hours = (await selectSplitHours(pool, events)).map(({ hour }) => hour)
  expect(hours).toHaveLength(3)
  await compactHours(pool, 'firewall_logs', hours)
  const parts = await pool.query(
    `SELECT count(*) - count(DISTINCT (hour, agent, sent)) AS surplus FROM sluice_rollups.agents_hourly`,
  )
  expect(parts.rows).toEqual([{ surplus: '0' }])
})

it('looks at a part of what is large, and says so', async () => {
  const { pool, directory } = await setUp()
  await pool.query(
    `INSERT INTO firewall_logs (timestamp, src_ip, dst_ip, action, protocol, source_id, line_offset, parser_version, extra)
     SELECT '2024-01-15 00:00Z', '10.0.0.1', '10.0.0.2', 'accept', 'TCP', 1, n, 1, '{"a": "10.0.0.1", "b": "2024-01-15T00:00:00Z", "c": {}}'
       FROM generate_series(1, 50000) n; ANALYZE firewall_logs`,
  )
  const type = (await loadLogTypes(directory)).types.find(({ name }) => name === 'firewall')!
  const found = await selectUndeclaredFields(pool, type, 1000)
  expect(found.isWhole).toBe(false)
  expect(found.rows).toBeGreaterThan(0)
  expect(found.rows).toBeLessThanOrEqual(1000)
  expect(found.fields.map(({ name, looksLike }) => [name, looksLike])).toEqual([
    ['a', 'inet'],
    ['b', 'timestamptz'],
    ['c', 'jsonb'],
  ])
})
