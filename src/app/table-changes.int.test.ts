import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { copyDeclarations } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import type { LogType } from '../log-types/log-type.js'
import { loadLogTypes } from '../log-types/registry.js'
import { selectTableColumns } from '../log-types/tables/table-columns.js'
import { addColumns, migrateSchema, requireColumns } from './schema.js'

let pool: ReturnType<typeof testPool>
let directory: string
beforeEach(async () => {
  pool = testPool(await testDatabase())
  directory = await copyDeclarations()
  await migrateSchema(pool, await types())
})

const types = async (): Promise<readonly LogType[]> => (await loadLogTypes(directory)).types

/** Changes the declaration of the firewall type. */
async function change(...replacements: readonly (readonly [string, string])[]): Promise<void> {
  const file = join(directory, 'firewall.yaml')
  let text = await readFile(file, 'utf8')
  for (const [from, to] of replacements) {
    expect(text).toContain(from)
    text = text.replace(from, to)
  }
  await writeFile(file, text)
}
const add = (column: string) => ['columns:\n', `columns:\n  - { ${column} }\n`] as const
const newer = ['version: 1\n', 'version: 2\n'] as const
const sourceIp = '  - { name: src_ip, from: src, type: inet, required: true }\n'
const columns = async () => [...(await selectTableColumns(pool, 'firewall_logs')).keys()]

describe('migrate', () => {
  it('adds the columns that a declaration has gained, to all partitions and the view, once', async () => {
    await pool.query(`SELECT sluice.ensure_partition('firewall_logs', '2024-01-15')`)
    await change(newer, add('name: ttl, type: integer'), add('name: labels, type: "text[]", separator: ","'))
    expect((await migrateSchema(pool, await types())).addedColumns).toEqual([
      'firewall_logs.labels',
      'firewall_logs.ttl',
    ])
    expect((await migrateSchema(pool, await types())).addedColumns).toEqual([])
    await pool.query('SELECT ttl, labels FROM sluice_partitions.firewall_logs_20240115')
    const view = await pool.query<{ sql: string }>(`SELECT pg_get_viewdef('public.logs') AS sql`)
    expect(view.rows[0]!.sql).toContain('ttl')
    // A partition that is made now has them, too.
    await pool.query(`SELECT sluice.ensure_partition('firewall_logs', '2024-01-16')`)
    await pool.query('SELECT ttl, labels FROM sluice_partitions.firewall_logs_20240116')
  })

  it('lets a column be absent that had to be there', async () => {
    await change([sourceIp, sourceIp.replace(', required: true', '')])
    await migrateSchema(pool, await types())
    expect((await selectTableColumns(pool, 'firewall_logs')).get('src_ip')?.required).toBe(false)
  })

  it.each<[string, readonly (readonly [string, string])[], string, string]>([
    ['another type', [[sourceIp, sourceIp.replace('inet', 'text')]], 'src_ip: inet', 'src_ip: text'],
    ['a removed column', [['  - { name: rule, type: text }\n', '']], 'rule: text', 'rule: not declared'],
    [
      'a new required column',
      [add('name: ttl, type: integer, required: true')],
      'ttl: no such',
      'ttl: integer, req',
    ],
  ])('refuses %s, says what was and what to do, and changes nothing', async (_, replacements, was, is) => {
    const before = await columns()
    await change(newer, ...replacements)
    await expect(migrateSchema(pool, await types())).rejects.toMatchObject({
      code: 'SLUICE_LOG_TYPE_INVALID',
      expected: expect.stringContaining(was),
      got: expect.stringContaining(is),
      hint: expect.stringMatching(/[Dd]eclare/),
    })
    expect(await columns()).toEqual(before)
  })

  it('leaves what a newer declaration has added alone', async () => {
    const older = await types()
    await change(newer, add('name: ttl, type: integer'))
    await migrateSchema(pool, await types())
    await migrateSchema(pool, older)
    expect(await columns()).toContain('ttl')
    const version = await pool.query(`SELECT version FROM sluice.log_types WHERE name = 'firewall'`)
    expect(version.rows).toEqual([{ version: 2 }])
    // The same version without it takes something away.
    await change(['  - { name: ttl, type: integer }\n', ''])
    await expect(migrateSchema(pool, await types())).rejects.toMatchObject({ got: 'ttl: not declared' })
    expect(await addColumns(pool, await types())).toEqual([])
  })
})

describe('a role that starts', () => {
  it('adds columns, several at once without a fault; who must not change anything says what is missing', async () => {
    await change(newer, add('name: ttl, type: integer'))
    await expect(requireColumns(pool, await types())).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_MISSING' })
    const declared = await types()
    await Promise.all(Array.from({ length: 3 }, () => addColumns(pool, declared)))
    expect(await columns()).toContain('ttl')
    await requireColumns(pool, declared)
  })

  it('waits for writers without keeping others from writing for long', async () => {
    await change(newer, add('name: ttl, type: integer'))
    const writer = await pool.connect()
    const other = await pool.connect()
    await writer.query('BEGIN; LOCK TABLE public.firewall_logs IN ROW EXCLUSIVE MODE')
    const adding = addColumns(pool, await types())
    let tries = 0
    for (; tries < 3; tries++) {
      await untilWaiting()
      // Queues behind the change, and is let in when that gives up.
      await other.query('BEGIN; LOCK TABLE public.firewall_logs IN ROW EXCLUSIVE MODE; COMMIT')
    }
    await writer.query('COMMIT')
    expect(await adding).toEqual(['firewall_logs.ttl'])
    writer.release()
    other.release()
  })
})

/** Waits until somebody waits for a lock of the table. */
const untilWaiting = () =>
  pollUntil('the change waits for its lock', async () => {
    const found = await pool.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.firewall_logs'::regclass`,
    )
    return (found.rowCount ?? 0) > 0
  })
