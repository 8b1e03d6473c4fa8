import { beforeEach, describe, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { lines, type TestLedger, testLedger, textOf } from '../../load/test/recorded-text.js'
import { badDns, commitLines, proxyLine, requestFor, withProxy } from '../../load/test/replayable-lines.js'
import { groupDeadLetters } from '../dead-letters/group-dead-letters.js'
import type { DeadLetterSelection } from '../dead-letters/selection.js'
import { reconcile } from '../ledger/reconcile.js'
import { type Replay, replay } from './replay.js'

let ledger: TestLedger
beforeEach(async () => {
  ledger = await testLedger()
})
const commit = (...texts: string[]) => commitLines(ledger, ...texts)
const declareProxy = async (more?: string) => {
  ledger = await withProxy(ledger, more)
}
const replayed = (selection: DeadLetterSelection = {}, changes = {}): Promise<Replay> =>
  replay({ ...requestFor(ledger, selection), ...changes })

const query = async (sql: string) => (await ledger.pool.query(sql)).rows
const deadLetters = () => query('SELECT * FROM sluice.dead_letters ORDER BY dead_letter_id')
async function expectBalanced(accounts: { indexed: number; deadLettered: number }): Promise<void> {
  expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0, ...accounts })
}

describe('replaying dead letters', () => {
  it('sets aside what other sources brought, and a dry run says so and notes nothing', async () => {
    await commit(proxyLine(1), proxyLine(2))
    await commit(proxyLine(2), proxyLine(3))
    await declareProxy('dedup: record')
    const dryRun = await replayed({}, { dryRun: true })
    expect(dryRun.lines).toMatchObject({ rows: 4, failed: 0 })
    const [first] = await deadLetters()
    const ofFirst = await query(
      `SELECT dead_letter_id AS id FROM sluice.dead_letters WHERE source_id = ${first!.source_id}`,
    )
    expect((await replayed({ ids: ofFirst.map(({ id }) => Number(id)) })).lines).toMatchObject({ rows: 2 })
    const rest = { rows: 1, failed: 1 }
    expect((await replayed({}, { dryRun: true })).lines).toMatchObject(rest)
    expect((await replayed()).lines).toMatchObject(rest)
    expect(await deadLetters()).toMatchObject([{ reason: 'duplicate_record' }])
    await expectBalanced({ indexed: 3, deadLettered: 1 })
  })

  it('makes rows of what the declarations accept today, once, and moves the counts along', async () => {
    await commit(proxyLine(1), lines.dns(1), 'nobody', proxyLine(2))
    await commit(proxyLine(3), '', badDns)
    await declareProxy()
    const first = await replayed()
    expect(first.lines).toMatchObject({ rows: 3, failed: 3, incomplete: 0, gone: 0 })
    expect(first.lines.changes).toContainEqual({
      ...{ fromType: 'unclassified', fromReason: 'no_type', outcome: 'row', toType: 'proxy', toReason: null },
      lines: 3,
    })
    const rows = await query(
      `SELECT p.url, p.line_offset, p.parser_version, s.path FROM proxy_logs p JOIN sluice.sources s USING (source_id)
        ORDER BY url`,
    )
    expect(rows.map(({ url }) => url)).toEqual(['/page/1', '/page/2', '/page/3'])
    expect(rows[1]).toMatchObject({
      line_offset: String(textOf(proxyLine(1), lines.dns(1), 'nobody').length),
      parser_version: 3,
    })
    const [batch] = await query(
      `SELECT rows, dead_letters, first_event_at, last_event_at FROM sluice.batches
        WHERE log_type = 'unclassified' AND rows = 2`,
    )
    expect(batch).toEqual({
      ...{ rows: 2, dead_letters: 1 },
      first_event_at: new Date('2024-03-01T00:00:01Z'),
      last_event_at: new Date('2024-03-01T00:00:02Z'),
    })
    await expectBalanced({ indexed: 4, deadLettered: 3 })

    expect((await replayed()).lines).toMatchObject({ rows: 0, failed: 3 })
    await expectBalanced({ indexed: 4, deadLettered: 3 })
    expect((await deadLetters()).map(({ replays }) => replays)).toEqual([2, 2, 2])
    expect(await query('SELECT kind, outcome, ended_at IS NOT NULL AS ended FROM sluice.operations')).toEqual(
      [
        {
          kind: 'replay',
          outcome: expect.objectContaining({ lines: expect.objectContaining({ rows: 3 }) }),
          ended: true,
        },
        { kind: 'replay', outcome: expect.anything(), ended: true },
      ],
    )
  })

  it("leaves what fails again with today's type, reason and version", async () => {
    await commit(proxyLine(1).replace('10.0.0.1', 'nowhere'))
    await declareProxy()
    expect((await replayed()).lines).toMatchObject({ rows: 0, failed: 1 })
    expect(await deadLetters()).toMatchObject([
      {
        ...{ log_type: 'proxy', reason: 'bad_address', parser_version: 3, replays: 1 },
        ...{ detail: expect.stringContaining('client_ip'), replayed_at: expect.any(Date) },
      },
    ])
    await expectBalanced({ indexed: 0, deadLettered: 1 })
  })

  it('keeps rows that PostgreSQL refuses, with what it says, and takes the others', async () => {
    await commit(...[1, 2, 3, 4].map((n) => proxyLine(n)))
    await declareProxy()
    await ledger.pool.query(`ALTER TABLE proxy_logs ADD CONSTRAINT no_third CHECK (url <> '/page/3')`)
    expect((await replayed()).lines).toMatchObject({ rows: 3, failed: 1 })
    expect(await deadLetters()).toMatchObject([
      { reason: 'refused_by_postgres', detail: expect.stringMatching(/^23514 .*no_third/), replays: 1 },
    ])
    const dry = await replayed({}, { dryRun: true })
    expect(dry.lines.changes).toMatchObject([{ outcome: 'dead', toReason: 'refused_by_postgres' }])
    await ledger.pool.query('ALTER TABLE proxy_logs DROP CONSTRAINT no_third')
    expect((await replayed()).lines).toMatchObject({ rows: 1, failed: 0 })
    await expectBalanced({ indexed: 4, deadLettered: 0 })
  })

  it('gives each line one row when several replay at once', async () => {
    await commit(...Array.from({ length: 300 }, (_, n) => proxyLine(n)))
    await commit(...Array.from({ length: 300 }, (_, n) => proxyLine(n)))
    await declareProxy()
    const all = await Promise.all([replayed(), replayed(), replayed()])
    expect(all.reduce((sum, { lines }) => sum + lines.rows, 0)).toBe(600)
    for (const { lines } of all) expect(lines.rows + lines.gone).toBeLessThanOrEqual(600)
    await expectBalanced({ indexed: 600, deadLettered: 0 })
  })

  it('that loses its connection in the transaction leaves nothing half done, and goes on', async () => {
    await commit(proxyLine(1), proxyLine(2))
    await declareProxy()
    const blocker = await ledger.pool.connect()
    await blocker.query('BEGIN')
    await blocker.query('LOCK TABLE proxy_logs')
    const replaying = replayed()
    const ended = await pollUntil('it waits for the table', async () => {
      const { rowCount } = await ledger.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY%'`,
      )
      return rowCount
    })
    expect(ended).toBe(1)
    await blocker.query('ROLLBACK')
    blocker.release()
    expect((await replaying).lines).toMatchObject({ rows: 2, gone: 0 })
    await expectBalanced({ indexed: 2, deadLettered: 0 })
  })

  it('refuses a line whose batch the ledger does not have, at once', async () => {
    await commit(proxyLine(1))
    await declareProxy()
    await ledger.pool.query('DELETE FROM sluice.batches')
    await expect(replayed()).rejects.toMatchObject({ code: 'SLUICE_UNBALANCED' })
    expect(await deadLetters()).toHaveLength(1)
  })

  it('tells in a dry run what it would do, and does nothing', async () => {
    await commit(proxyLine(1), 'nobody', badDns)
    await declareProxy()
    const before = await deadLetters()
    const dry = await replayed({}, { dryRun: true, samplesOfEach: 1 })
    expect(dry.lines).toMatchObject({ rows: 1, failed: 2 })
    expect(dry.lines.samples).toHaveLength(3)
    expect(await deadLetters()).toEqual(before)
    expect(await query('SELECT FROM proxy_logs')).toEqual([])
    expect(await query('SELECT FROM sluice.operations')).toEqual([])
  })

  it('leaves lines of which only the beginning is kept', async () => {
    await commit(proxyLine(1, 'x'.repeat(70_000)))
    await declareProxy()
    expect((await replayed()).lines).toMatchObject({ rows: 0, failed: 0, incomplete: 1 })
    expect(await deadLetters()).toMatchObject([{ reason: 'oversize_line', replays: 0 }])
  })

  it('ends between two pages when it is told to, and a repetition does the rest', async () => {
    await commit(...Array.from({ length: 2500 }, (_, n) => proxyLine(n)))
    await declareProxy()
    const stop = new AbortController()
    const stopped = replayed({}, { stop: stop.signal, onProgress: () => stop.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'SLUICE_INTERRUPTED' })
    await expectBalanced({ indexed: 2000, deadLettered: 500 })
    expect((await replayed()).lines).toMatchObject({ rows: 500 })
    expect(await query('SELECT ended_at IS NULL AS open FROM sluice.operations ORDER BY 1')).toEqual([
      { open: false },
      { open: true },
    ])
  })
})

describe('a selection', () => {
  it('takes what fits all that it names', async () => {
    await commit(proxyLine(1), badDns)
    await commit(proxyLine(2))
    await declareProxy()
    const [proxy] = (await deadLetters()).filter(({ reason }) => reason === 'no_type')
    const [{ id: group } = { id: '' }] = await groupDeadLetters(ledger.pool, { reason: 'bad_address' })
    const rowsOf = async (selection: DeadLetterSelection) =>
      (await replayed(selection, { dryRun: true })).lines
    expect(await rowsOf({ ids: [Number(proxy?.dead_letter_id), 999_999] })).toMatchObject({
      rows: 1,
      failed: 0,
    })
    expect(await rowsOf({ group })).toMatchObject({ rows: 0, failed: 1 })
    expect(await rowsOf({ logType: 'dns' })).toMatchObject({ rows: 0, failed: 1 })
    expect(await rowsOf({ logType: 'unclassified', reason: 'bad_address' })).toMatchObject({
      rows: 0,
      failed: 0,
    })
    expect(await rowsOf({ reason: 'no_type' })).toMatchObject({ rows: 2, failed: 0 })
    expect(await rowsOf({ source: '/logs/some.log' })).toMatchObject({ rows: 2, failed: 1 })
    expect(await rowsOf({ source: '/logs/other.log' })).toMatchObject({ rows: 0, failed: 0 })
    expect(await rowsOf({ from: new Date(Date.now() + 60_000) })).toMatchObject({ rows: 0, failed: 0 })
    expect(await rowsOf({ to: new Date(Date.now() + 60_000) })).toMatchObject({ rows: 2, failed: 1 })
    expect(await rowsOf({ withoutReasons: ['no_type'] })).toMatchObject({ rows: 0, failed: 1 })
  })
})
