import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { copyDeclarations, declareProxy, proxyFile } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import {
  commitText,
  lines,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { commitLines, proxyLine } from '../../load/test/replayable-lines.js'
import { dropSchema, migrateSchema } from '../app/schema.js'
import { loadLogTypes } from '../log-types/registry.js'
import { checkRollups } from './check-rollups.js'
import { compactHours, lockCompaction, selectSplitHours } from './compact-hours.js'
import { selectRollups } from './declared-rollups.js'
import { dropRollup, fillRollup } from './fill-rollup.js'

let ledger: TestLedger
beforeEach(async () => {
  ledger = await testLedger()
})

async function select(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await ledger.pool.query<Record<string, unknown>>(sql, values)).rows
}

const expectExact = async () => {
  const { exact, rollups } = await checkRollups(ledger.pool)
  expect({ exact, unfilled: rollups.filter(({ filled }) => !filled) }, JSON.stringify(rollups)).toEqual({
    exact: true,
    unfilled: [],
  })
}

/** A line of the firewall at a minute of the day of `lines`. */
const firewallAt = (minute: number, src = '10.0.0.1') => {
  const time = new Date(Date.UTC(2024, 0, 15, 0, minute)).toISOString()
  return lines
    .firewall(0)
    .replace(/^[^|]+/, time)
    .replace(/src=[^|]+/, `src=${src}`)
}
const failed = (n: number, address: string) =>
  `2024-01-15T00:00:0${n}.000Z srv sshd[1]: Failed password for root from ${address} port 22 ssh2`

/** Declares one more rollup; returns its types. */
async function declareMore(rollup: string, logType = 'firewall') {
  const directory = await copyDeclarations()
  await appendFile(join(directory, `${logType}.yaml`), `  - ${rollup}\n`)
  return (await loadLogTypes(directory)).types
}

const byRule = '{ name: rules_hourly, by: [rule, dst_port] }'
const nameOf = async (name: string) => (await selectRollups(ledger.pool)).find((one) => one.name === name)!

describe('rollups', () => {
  it('have what is committed, once however often it comes, in views that show sums', async () => {
    const text = textOf(firewallAt(0), firewallAt(59), firewallAt(60), firewallAt(61, '2001:db8::1'), 'noise')
    const recorded = await recordText(ledger, text)
    for (let time = 0; time < 2; time++) await commitText(ledger, recorded, 'firewall')
    await commitLines(ledger, firewallAt(30), failed(1, '10.0.0.9'), failed(2, '10.0.0.9'), lines.dns(1))
    await commitLines(ledger, failed(3, '10.0.0.8').replace('Failed', 'Accepted'))
    expect(await select('SELECT log_type, hour, events FROM events_hourly ORDER BY log_type, hour')).toEqual([
      { log_type: 'auth', hour: new Date('2024-01-15T00:00:00Z'), events: '3' },
      { log_type: 'dns', hour: new Date('2024-01-15T00:00:00Z'), events: '1' },
      { log_type: 'firewall', hour: new Date('2024-01-15T00:00:00Z'), events: '3' },
      { log_type: 'firewall', hour: new Date('2024-01-15T01:00:00Z'), events: '2' },
    ])
    expect(
      await select(
        'SELECT host(src_ip) AS src, sum(events) AS n FROM firewall_sources_hourly GROUP BY 1 ORDER BY 1',
      ),
    ).toEqual([
      { src: '10.0.0.1', n: '4' },
      { src: '2001:db8::1', n: '1' },
    ])
    expect(await select('SELECT host(source_ip) AS source, events FROM auth_failures_hourly')).toEqual([
      { source: '10.0.0.9', events: '2' },
    ])
    await expectExact()
  })

  it('are checked against the rows', async () => {
    await commitLines(ledger, firewallAt(0), firewallAt(70, '10.0.0.7'))
    await ledger.pool.query(`DELETE FROM firewall_logs WHERE src_ip = '10.0.0.7'`)
    const { exact, rollups } = await checkRollups(ledger.pool)
    expect(exact).toBe(false)
    expect(rollups.find(({ name }) => name === 'firewall_sources_hourly')).toMatchObject({
      wrongCounts: 1,
      examples: [{ key: { hour: '2024-01-15T01:00:00+00:00', src_ip: '10.0.0.7' }, kept: 1, counted: 0 }],
    })
    for (const name of ['firewall_logs_hourly', 'firewall_sources_hourly'])
      await fillRollup(ledger.pool, await nameOf(name))
    await expectExact()
  })

  it('are added up without a change of any sum, while more is committed', async () => {
    for (let n = 0; n < 8; n++)
      await commitLines(ledger, firewallAt(n), firewallAt(61 + n), firewallAt(n, '10.0.0.2'))
    const events = await nameOf('firewall_logs_hourly')
    const split = await selectSplitHours(ledger.pool, events)
    expect(split.map(({ parts }) => parts)).toEqual([8, 8])
    const before = await select('SELECT * FROM firewall_sources_hourly ORDER BY hour, src_ip')
    const [removed] = await Promise.all([
      compactHours(
        ledger.pool,
        'firewall_logs',
        split.map(({ hour }) => hour),
      ),
      commitLines(ledger, firewallAt(600)),
    ])
    // 2 hours of 8 parts; 3 keys of 8 parts.
    expect(removed).toBe(2 * 7 + 3 * 7)
    expect(await selectSplitHours(ledger.pool, events)).toEqual([])
    const after = await select(
      `SELECT * FROM firewall_sources_hourly WHERE hour < '2024-01-15T09:00Z' ORDER BY hour, src_ip`,
    )
    expect(after).toEqual(before)
    await expectExact()
  })

  it('are added up by one at a time, and not by one who is interrupted', async () => {
    for (let n = 0; n < 3; n++) await commitLines(ledger, firewallAt(n))
    const events = await nameOf('firewall_logs_hourly')
    const hours = (await selectSplitHours(ledger.pool, events)).map(({ hour }) => hour)
    const other = await ledger.pool.connect()
    await other.query('BEGIN')
    await other.query(lockCompaction)
    expect(await compactHours(ledger.pool, 'firewall_logs', hours)).toBe(undefined)
    await other.query('ROLLBACK')
    other.release()
    // The last of them fails, and what was done before is undone.
    await select(
      `INSERT INTO sluice.rollups (log_type, name, key_columns) VALUES ('firewall', 'nothing', '{}')`,
    )
    await expect(compactHours(ledger.pool, 'firewall_logs', hours)).rejects.toThrow()
    await select(`DELETE FROM sluice.rollups WHERE name = 'nothing'`)
    expect((await selectSplitHours(ledger.pool, events)).map(({ parts }) => parts)).toEqual([3])
    await expectExact()
  })

  it('are filled once at a time, and are as before for who reads them until that is done', async () => {
    await commitLines(ledger, firewallAt(0), firewallAt(1))
    const events = await nameOf('firewall_logs_hourly')
    // Too many of the one, too few of the other, and rows that are counted while both wait for what follows.
    await select(`INSERT INTO sluice_rollups.firewall_logs_hourly VALUES ('2024-01-15T00:00Z', 5)`)
    await select(`DELETE FROM sluice_rollups.firewall_sources_hourly`)
    const blocker = await ledger.pool.connect()
    await blocker.query('BEGIN; LOCK TABLE sluice.expired_days IN ACCESS EXCLUSIVE MODE')
    const waiting = (count: number) =>
      pollUntil(`${count} wait`, async () => {
        const found = await select(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )
        return found.length === count
      })
    const first = fillRollup(ledger.pool, events)
    await waiting(1)
    await commitLines(ledger, firewallAt(2))
    const second = fillRollup(ledger.pool, events)
    await waiting(2)
    await commitLines(ledger, firewallAt(3))
    expect(await select('SELECT events FROM events_hourly')).toEqual([{ events: '9' }])
    expect(await nameOf('firewall_logs_hourly')).toMatchObject({ filled: true })
    await blocker.query('ROLLBACK')
    blocker.release()
    await Promise.all([first, second])
    await fillRollup(ledger.pool, await nameOf('firewall_sources_hourly'))
    expect(await select('SELECT events FROM events_hourly')).toEqual([{ events: '4' }])
    await expectExact()
  })

  it('keep who may read them when they are filled again', async () => {
    await select('GRANT SELECT ON firewall_sources_hourly TO PUBLIC')
    await fillRollup(ledger.pool, await nameOf('firewall_sources_hourly'))
    expect(
      await select(`SELECT relacl::text LIKE '%=r/%' AS granted FROM pg_class
                     WHERE oid = 'public.firewall_sources_hourly'::regclass`),
    ).toEqual([{ granted: true }])
  })

  it('go by columns of any name, of tables with the longest names', async () => {
    const directory = await copyDeclarations()
    await declareProxy(directory, 'rollups:\n  - { name: odd_names, by: [kept, counted] }')
    const table = 'p'.repeat(48)
    const file = proxyFile(directory)
    const declared = (await readFile(file, 'utf8')).replace('proxy_logs', table)
    await writeFile(file, declared.replaceAll('client_ip', 'kept').replaceAll('url', 'counted'))
    const registry = await loadLogTypes(directory)
    await migrateSchema(ledger.pool, registry.types)
    await commitLines({ ...ledger, registry }, proxyLine(1), proxyLine(2))
    await expectExact()
    expect(await compactHours(ledger.pool, table, ['2024-03-01T00:00:00Z'])).toBe(0)
    await select(`DELETE FROM ${table}`)
    const { rollups } = await checkRollups(ledger.pool)
    expect(rollups.find(({ name }) => name === 'odd_names')).toMatchObject({ wrongCounts: 2 })
  })

  it('go with everything else of the schema', async () => {
    await dropSchema(ledger.pool)
    expect(
      await select(`SELECT to_regclass('events_hourly') AS a, to_regclass('firewall_sources_hourly') AS b`),
    ).toEqual([{ a: null, b: null }])
    await migrateSchema(ledger.pool, ledger.registry.types)
    await expectExact()
  })
})

describe('a rollup that is declared later', () => {
  it('has each row once, those from before and those that indexers write meanwhile', async () => {
    await commitLines(ledger, ...Array.from({ length: 300 }, (_, n) => firewallAt(n)))
    const types = await declareMore(byRule)
    let committed = 0
    let writing = true
    const writers = [1, 2, 3].map(async (writer) => {
      while (writing) {
        await commitLines(ledger, firewallAt(committed % 400, `10.1.0.${writer}`), failed(1, '10.0.0.1'))
        committed++
      }
    })
    await pollUntil('writers write', () => Promise.resolve(committed > 20))
    for (let time = 0; time < 5; time++) {
      const { filledRollups } = await migrateSchema(ledger.pool, types)
      expect(filledRollups).toEqual(['rules_hourly'])
      const seen = committed
      await pollUntil('writers go on', () => Promise.resolve(committed > seen + 10))
      await expectExact()
      if (time < 4) await dropRollup(ledger.pool, await nameOf('rules_hourly'))
    }
    writing = false
    await Promise.all(writers)
    await expectExact()
    const [sum] = await select('SELECT sum(events)::int AS n FROM rules_hourly')
    expect(sum).toEqual({ n: 300 + committed })
  })

  it('has no view until it has all rows, and is filled anew when that was interrupted', async () => {
    await commitLines(ledger, firewallAt(0), firewallAt(100))
    const types = await declareMore(byRule)
    // Whoever reads this table now waits, as does who fills: after the rollup is entered.
    const blocker = await ledger.pool.connect()
    await blocker.query('BEGIN')
    await blocker.query('LOCK TABLE sluice.filled_rollups IN SHARE MODE')
    const filling = migrateSchema(ledger.pool, types).catch((error: unknown) => error)
    await pollUntil('the filling waits', async () => {
      // Not the blocker: in a transaction the view stays what it was.
      const found = await select(
        `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
          WHERE query LIKE 'INSERT INTO sluice.filled_rollups%' AND wait_event_type = 'Lock'
            AND datname = current_database()`,
      )
      return found.length > 0
    })
    expect(await filling).toBeInstanceOf(Error)
    await blocker.query('ROLLBACK')
    blocker.release()
    expect(await select(`SELECT to_regclass('rules_hourly') AS view`)).toEqual([{ view: null }])
    expect((await nameOf('rules_hourly')).filled).toBe(false)
    // Counted from here on all the same, and it must not be counted twice.
    await commitLines(ledger, firewallAt(5))
    expect(await migrateSchema(ledger.pool, types)).toMatchObject({ filledRollups: ['rules_hourly'] })
    expect(await migrateSchema(ledger.pool, types)).toMatchObject({ filledRollups: [] })
    await expectExact()
    expect(await select('SELECT sum(events)::int AS n FROM rules_hourly')).toEqual([{ n: 3 }])
  })

  it('waits for who writes without holding others up for long', async () => {
    await commitLines(ledger, firewallAt(0))
    const types = await declareMore(byRule)
    const writer = await ledger.pool.connect()
    await writer.query('BEGIN')
    await writer.query(`DELETE FROM firewall_logs WHERE src_ip = '192.0.2.1'`)
    const filling = migrateSchema(ledger.pool, types)
    await pollUntil('it waits for the table', async () => {
      const found = await select(
        `SELECT FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE ONLY%' AND wait_event_type = 'Lock'
            AND datname = current_database()`,
      )
      return found.length > 0
    })
    // Behind the wait for the lock, and let through when that is given up for a while.
    await commitLines(ledger, firewallAt(1))
    await writer.query('COMMIT')
    writer.release()
    await filling
    await expectExact()
  })

  it('is refused under the name of another, or when it is another now', async () => {
    await migrateSchema(ledger.pool, await declareMore(byRule))
    const other = await declareMore('{ name: rules_hourly, by: [rule], where: { action: deny } }')
    await expect(migrateSchema(ledger.pool, other)).rejects.toMatchObject({
      code: 'SLUICE_LOG_TYPE_INVALID',
      expected: 'rows of firewall by [rule, dst_port]',
      got: 'rows of firewall by [rule], where { action: "deny" }',
    })
    await ledger.pool.query('CREATE VIEW public.mine AS SELECT 1 AS a')
    const taken = await declareMore('{ name: mine, by: [rule] }')
    await expect(migrateSchema(ledger.pool, taken)).rejects.toMatchObject({ code: 'SLUICE_LOG_TYPE_INVALID' })
    await dropRollup(ledger.pool, await nameOf('rules_hourly'))
    expect(await migrateSchema(ledger.pool, other)).toMatchObject({ filledRollups: ['rules_hourly'] })
    await commitLines(ledger, firewallAt(0).replace('accept', 'deny'), firewallAt(1))
    await expectExact()
  })
})
