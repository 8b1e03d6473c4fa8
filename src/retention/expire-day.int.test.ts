import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  commitText,
  lines,
  newSource,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { selectExpiredDays } from '../ledger/expired-days.js'
import { reconcile } from '../ledger/reconcile.js'
import type { Source } from '../ledger/sources.js'
import type { RetentionGoal } from '../log-types/declaration/retention-schema.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { checkRollups } from '../rollups/check-rollups.js'
import { selectRollups } from '../rollups/declared-rollups.js'
import { fillRollup } from '../rollups/fill-rollup.js'
import { detachDay } from './detach-day.js'
import { type ExpireOutcome, expireDay } from './expire-day.js'
import { restoreDay } from './restore-day.js'

const day = '2024-01-15'
const firewall = { logType: 'firewall', table: 'firewall_logs' }

let ledger: TestLedger
let directory: string
let sources: Source[]
beforeEach(async () => {
  ledger = await testLedger()
  directory = await temporaryDirectory()
  sources = [await newSource(ledger, '/logs/a.log'), await newSource(ledger, '/logs/b.log')]
  await query(`SELECT sluice.ensure_partition('firewall_logs', $1::date)`, [day])
  for (const [index, source] of sources.entries()) {
    const odd = `|extra=${'"\\\\{}'}äöü€\u{1f600}|n=${index}`
    await commit(textOf(lines.firewall(1 + index), lines.firewall(2, odd), lines.firewall(86_400)), source)
  }
})

const query = async (sql: string, values: unknown[] = []) => (await ledger.pool.query(sql, values)).rows

async function commit(text: string, source: Source, start = 0): Promise<number> {
  const recorded = await recordText(ledger, text, source, start)
  await commitText(ledger, recorded, 'firewall')
  return recorded.chunk.end
}

/** As an indexer does: what PostgreSQL says because a day got a partition meanwhile, blames no row. */
async function commitThroughRaces(text: string, source: Source, start: number): Promise<number> {
  const recorded = await recordText(ledger, text, source, start)
  for (;;) {
    try {
      await commitText(ledger, recorded, 'firewall')
      return recorded.chunk.end
    } catch (error) {
      if (classifyFailure(error).kind !== 'retry') throw error
    }
  }
}

const expire = (goal: RetentionGoal): Promise<ExpireOutcome> =>
  expireDay(ledger.pool, { type: firewall, day, goal, directory, setApart: 'take' })

/** All rows of the table as PostgreSQL prints them, in one order. */
async function rows(): Promise<unknown[]> {
  const found = await query(`SELECT f::text AS row FROM firewall_logs f ORDER BY source_id, line_offset`)
  return found.map(({ row }) => row)
}

async function expectBalance(indexed: number, expired: number): Promise<void> {
  const result = await reconcile(ledger.pool)
  expect(result).toMatchObject({ balanced: true, lines: indexed, indexed, expired, inFlight: 0 })
  expect(result.sources.reduce((sum, source) => sum + source.expired, 0)).toBe(expired)
  const rollups = await checkRollups(ledger.pool)
  expect(rollups.exact, JSON.stringify(rollups)).toBe(true)
}
const detachedTables = async () =>
  (
    await query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'sluice_detached'::regnamespace AND relkind = 'r'`,
    )
  ).length

async function restore(): Promise<number> {
  let restored = 0
  for (const { id } of await selectExpiredDays(ledger.pool, { day, states: ['detached', 'exported'] }))
    restored += (await restoreDay(ledger.pool, id, { keepDays: 7, partitionsFrom: '2000-01-01' })) ?? 0
  return restored
}

describe('a day that expires', () => {
  it.each(['drop', 'detach', 'export'] as const)(
    'leaves the table and stays in the proof: %s',
    async (goal) => {
      await expectBalance(6, 0)
      const outcome = await expire(goal)
      expect(outcome).toMatchObject({ isPostponed: false, isFound: true, rows: goal === 'detach' ? 0 : 4 })
      expect(await rows()).toHaveLength(2)
      expect(await detachedTables()).toBe(goal === 'detach' ? 1 : 0)
      await expectBalance(6, 4)
      expect(await expire(goal)).toMatchObject({ rows: 0 })
      await expectBalance(6, 4)
    },
  )

  it('is counted while it is in the database, also by rollups that are counted anew', async () => {
    const events = async () =>
      (await query('SELECT sum(events)::int AS n FROM firewall_sources_hourly'))[0]!.n as number
    await expire('detach')
    expect(await events()).toBe(6)
    for (const rollup of await selectRollups(ledger.pool)) await fillRollup(ledger.pool, rollup)
    expect(await events()).toBe(6)
    await expectBalance(6, 4)
    await expire('export')
    expect(await events()).toBe(2)
    await expectBalance(6, 4)
    expect(await restore()).toBe(4)
    expect(await events()).toBe(6)
    await expectBalance(6, 0)
  })

  it('is taken from the default partition as well', async () => {
    const source = await newSource(ledger, '/logs/c.log')
    await expire('drop')
    // Its partition is gone, so late lines go to the default partition.
    await commit(textOf(lines.firewall(5), lines.firewall(6)), source)
    expect(
      await query(
        `SELECT DISTINCT tableoid::regclass::text AS t FROM firewall_logs WHERE timestamp < '2024-01-16'`,
      ),
    ).toEqual([{ t: 'sluice_partitions.firewall_logs_default' }])
    expect(await expire('export')).toMatchObject({ rows: 2, files: [expect.stringMatching(/\.parquet$/)] })
    await expectBalance(8, 6)
    expect(await restore()).toBe(2)
    await expectBalance(8, 4)
  })

  it('may have late lines in a new partition, which expire again', async () => {
    await expire('detach')
    await query(`SELECT sluice.ensure_partition('firewall_logs', $1::date)`, [day])
    await commit(textOf(lines.firewall(7)), await newSource(ledger, '/logs/late.log'))
    expect(await rows()).toHaveLength(3)
    const before = await rows()
    expect(await detachDay(ledger.pool, firewall, day, 'detach')).toMatchObject({ kind: 'detached' })
    expect(await detachedTables()).toBe(2)
    await expectBalance(7, 5)
    expect(await restore()).toBe(5)
    await expectBalance(7, 0)
    expect(await rows()).toEqual(expect.arrayContaining(before))
  })

  it('is left alone by retention where somebody set it apart', async () => {
    await expire('detach')
    await query(`SELECT sluice.ensure_partition('firewall_logs', $1::date)`, [day])
    await commit(textOf(lines.firewall(7)), await newSource(ledger, '/logs/late.log'))
    const due = { type: firewall, day, goal: 'drop', directory, setApart: 'leave' } as const
    expect(await expireDay(ledger.pool, due)).toMatchObject({ rows: 1, isPostponed: false })
    expect(await detachedTables()).toBe(1)
    await expectBalance(7, 5)
    expect(await expire('drop')).toMatchObject({ rows: 4 })
    expect(await detachedTables()).toBe(0)
    await expectBalance(7, 5)
  })

  it('is what was missed when somebody deletes counts of it', async () => {
    await expire('drop')
    await query('UPDATE sluice.expired_rows SET line_offset_sum = line_offset_sum + 1 WHERE source_id = $1', [
      sources[0]!.id,
    ])
    const result = await reconcile(ledger.pool)
    expect(result.balanced).toBe(false)
    expect(result.sources.flatMap(({ problems }) => problems)).toEqual([
      expect.stringMatching(/^sum of the offsets/),
    ])
    await query('DELETE FROM sluice.expired_rows')
    expect((await reconcile(ledger.pool)).balanced).toBe(false)
  })

  it('comes back as it was, from its file or its detached table', async () => {
    const before = await rows()
    for (const goal of ['export', 'detach', 'export'] as const) {
      await expire(goal)
      expect(await restore()).toBe(4)
      expect(await rows()).toEqual(before)
      await expectBalance(6, 0)
    }
  })

  it('is not restored from a file that is not the one that was written', async () => {
    await expire('export')
    const [name] = await readdir(join(directory, 'firewall_logs'))
    expect(name).toMatch(/^firewall_logs_2024-01-15_[0-9a-f]{8}\.parquet$/)
    const path = join(directory, 'firewall_logs', name!)
    const content = await readFile(path)
    content[100]! ^= 1
    await writeFile(path, content)
    await expect(restore()).rejects.toMatchObject({ code: 'SLUICE_COLD_FILE_UNUSABLE' })
    await expectBalance(6, 4)
    content[100]! ^= 1
    await writeFile(path, content)
    expect(await restore()).toBe(4)
  })
})

describe('taking a day out of a table', () => {
  it('gives up at once while a writer does not let go, and keeps nobody waiting afterwards', async () => {
    const writer = await ledger.pool.connect()
    try {
      await writer.query('BEGIN')
      await writer.query('LOCK TABLE firewall_logs IN ROW EXCLUSIVE MODE')
      expect(await detachDay(ledger.pool, firewall, day, 'drop')).toEqual({ kind: 'postponed' })
      expect(await expire('drop')).toMatchObject({ isPostponed: true, isFound: false })
      const waiting = await query(
        `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
      expect(waiting).toEqual([{ n: 0 }])
      await writer.query('COMMIT')
    } finally {
      writer.release()
    }
    await expectBalance(6, 0)
    expect(await expire('drop')).toMatchObject({ isPostponed: false, rows: 4 })
  })

  it('waits for a proof of the ledger', async () => {
    const prover = await ledger.pool.connect()
    try {
      await prover.query(`SELECT pg_advisory_lock_shared(hashtextextended('sluice expiry', 0))`)
      expect(await detachDay(ledger.pool, firewall, day, 'drop')).toEqual({ kind: 'postponed' })
    } finally {
      prover.release(true)
    }
    expect(await detachDay(ledger.pool, firewall, day, 'drop')).toMatchObject({ kind: 'detached' })
  })

  it('loses no row of writers and balances in every proof meanwhile', async () => {
    let done = false
    let written = 6
    const write = async (): Promise<void> => {
      const source = await newSource(ledger, `/logs/writer.log`)
      let end = 0
      while (!done) {
        end = await commitThroughRaces(
          textOf(lines.firewall(end % 3600), lines.firewall(90_000)),
          source,
          end,
        )
        written += 2
      }
    }
    const verdicts: boolean[] = []
    const prove = async (): Promise<void> => {
      while (!done) verdicts.push((await reconcile(ledger.pool)).balanced)
    }
    const writers = [write(), write(), prove()]
    let expired = 0
    for (let round = 0; round < 12 || expired < 8; round++) {
      const goal = (['drop', 'export', 'detach'] as const)[round % 3]!
      expired += (await expire(goal)).rows
      if (round % 4 === 3) expired -= await restore()
      await query(`SELECT sluice.ensure_partition('firewall_logs', $1::date)`, [day])
    }
    done = true
    await Promise.all(writers)
    expect(new Set(verdicts)).toEqual(new Set([true]))
    const result = await reconcile(ledger.pool)
    expect(result).toMatchObject({ balanced: true, lines: written, indexed: written })
    expect(result.expired).toBeGreaterThan(0)
  })
})
