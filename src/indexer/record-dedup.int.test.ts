import { beforeEach, describe, expect, it } from 'vitest'
import { declarationsWithDedup } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import {
  lines,
  newSource,
  parsedBatch,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { reconcile } from '../ledger/reconcile.js'
import { inTransaction } from '../postgres/pool.js'
import { tupleOffsets } from '../postgres/read-tuple.js'
import { type Batch, commitBatches } from './commit.js'
import { findDuplicates } from './find-duplicates.js'

let ledger: TestLedger
beforeEach(async () => {
  ledger = await testLedger(await declarationsWithDedup('dns', 'auth'))
})

const commit = (...batches: Batch[]) =>
  commitBatches(ledger.pool, ledger.registry.byName(batches[0]!.meta.logType), batches)

async function batchOf(logType: string, ...texts: string[]): Promise<Batch> {
  return parsedBatch(ledger, await recordText(ledger, textOf(...texts)), logType)
}
const dnsBatch = (...texts: string[]) => batchOf('dns', ...texts)

/** Offsets of a batch's rows and dead letters, in the order of the file. */
async function written({ meta }: Batch): Promise<{ rows: number[]; dead: number[] }> {
  const offsets = async (table: string) => {
    const result = await ledger.pool.query<{ line_offset: string }>(
      `SELECT line_offset FROM ${table} WHERE source_id = $1 ORDER BY line_offset`,
      [meta.sourceId],
    )
    return result.rows.map((row) => Number(row.line_offset))
  }
  return { rows: await offsets('dns_logs'), dead: await offsets('sluice.dead_letters') }
}
const books = async ({ meta }: Batch) => {
  const result = await ledger.pool.query(
    'SELECT lines, rows, dead_letters, first_event_at, last_event_at FROM sluice.batches WHERE batch_hash = $1',
    [Buffer.from(meta.hash, 'hex')],
  )
  return result.rows[0]
}
const expectBalanced = async () => expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true })

const bytes = lines.dns().length + 1
const broken = lines.dns(1).replace('IN A', 'IN')

describe('lines that another source brings again', () => {
  it('become dead letters that name the first, and the ledger counts them so', async () => {
    const first = await dnsBatch(lines.dns(1), lines.dns(2), lines.dns(3))
    const second = await dnsBatch(lines.dns(5), lines.dns(3), broken, lines.dns(4), lines.dns(2))
    expect((await commit(first)).changed.size).toBe(0)
    const { changed } = await commit(second)
    expect(changed.get(second.meta.hash)).toMatchObject({
      rows: 2,
      deadLetters: 3,
      reasons: { no_match: 1, duplicate_record: 2 },
      firstEventMs: Date.UTC(2024, 0, 15, 0, 0, 4),
      lastEventMs: Date.UTC(2024, 0, 15, 0, 0, 5),
    })
    expect((await written(first)).rows).toHaveLength(3)
    const after = 2 * bytes + broken.length + 1
    expect(await written(second)).toEqual({ rows: [0, after], dead: [bytes, 2 * bytes, after + bytes] })
    expect(await books(second)).toEqual({
      lines: 5,
      rows: 2,
      dead_letters: 3,
      first_event_at: new Date('2024-01-15T00:00:04Z'),
      last_event_at: new Date('2024-01-15T00:00:05Z'),
    })
    const dead = await ledger.pool.query(
      `SELECT log_type, line_offset, line_bytes, raw, detail, parser_version, batch_hash
         FROM sluice.dead_letters WHERE reason = 'duplicate_record' ORDER BY line_offset`,
    )
    expect(dead.rows[0]).toEqual({
      log_type: 'dns',
      line_offset: String(bytes),
      line_bytes: String(bytes - 1),
      raw: Buffer.alloc(0),
      detail: `seen first in source ${first.meta.sourceId} at byte ${2 * bytes}`,
      parser_version: 1,
      batch_hash: Buffer.from(second.meta.hash, 'hex'),
    })
    expect(dead.rows[1]).toMatchObject({
      detail: `seen first in source ${first.meta.sourceId} at byte ${bytes}`,
    })
    await expectBalanced()
  })

  it('can be all of a batch, which then has no times', async () => {
    await commit(await dnsBatch(lines.dns(1), lines.dns(2)))
    const again = await dnsBatch(lines.dns(2), lines.dns(1))
    await commit(again)
    expect(await written(again)).toEqual({ rows: [], dead: [0, bytes] })
    expect(await books(again)).toMatchObject({ rows: 0, dead_letters: 2, first_event_at: null })
    await expectBalanced()
  })

  it('are found among the batches of one transaction, too: the first one has the row', async () => {
    const [first, second] = [await dnsBatch(lines.dns(1), lines.dns(2)), await dnsBatch(lines.dns(2))]
    await commit(second, first)
    expect([await written(first), await written(second)]).toEqual([
      { rows: [0], dead: [bytes] },
      { rows: [0], dead: [] },
    ])
    await expectBalanced()
  })

  it('are looked for within their type', async () => {
    await commit(await dnsBatch(lines.dns(1)))
    const auth = await batchOf('auth', lines.auth(1))
    expect((await commit(auth)).changed.size).toBe(0)
    expect((await commit(await batchOf('auth', lines.auth(1)))).changed.size).toBe(1)
  })

  it('are the same only to the byte', async () => {
    await commit(await dnsBatch(lines.dns(1)))
    const alike = await dnsBatch(`${lines.dns(1)}\r`, lines.dns(1).replace('00:00:01.000Z', '00:00:01.0Z'))
    expect((await commit(alike)).changed.size).toBe(0)
  })
})

describe('rows apart from their batch', () => {
  it('are compared with those of batches, and those with them', async () => {
    const type = ledger.registry.byName('dns')!
    await commit(await dnsBatch(lines.dns(1)))
    const batch = await dnsBatch(lines.dns(2), lines.dns(1))
    const starts = tupleOffsets(batch.rows)
    const rows = [2, 1].map((n, index) => ({
      line: Buffer.from(lines.dns(n)),
      tuple: batch.rows.subarray(starts[index], starts[index + 1]),
    }))
    const found = await inTransaction(ledger.pool, (client) => findDuplicates(client, type, rows))
    expect([...found]).toEqual([[1, expect.stringMatching(/^seen first in source \d+ at byte 0$/)]])
    const { changed } = await commit(await dnsBatch(lines.dns(2)))
    expect(changed.size).toBe(1)
  })
})

describe('equal lines', () => {
  it('of one source are events of their own, in one batch and in several', async () => {
    const source = await newSource(ledger)
    const twice = textOf(lines.dns(1), lines.dns(1))
    const one = parsedBatch(ledger, await recordText(ledger, twice, source), 'dns')
    const two = parsedBatch(ledger, await recordText(ledger, twice, source, twice.length), 'dns')
    await commit(one)
    await commit(two)
    expect(await written(one)).toEqual({ rows: [0, bytes, 2 * bytes, 3 * bytes], dead: [] })
    const elsewhere = await dnsBatch(lines.dns(1), lines.dns(1), lines.dns(1))
    await commit(elsewhere)
    expect(await written(elsewhere)).toEqual({ rows: [], dead: [0, bytes, 2 * bytes] })
    await expectBalanced()
  })

  it('of a type without the option are rows, and nothing is noted', async () => {
    const batches = [
      await batchOf('firewall', lines.firewall(1)),
      await batchOf('firewall', lines.firewall(1)),
    ]
    for (const batch of batches) expect((await commit(batch)).changed.size).toBe(0)
    const rows = await ledger.pool.query('SELECT FROM firewall_logs')
    const records = await ledger.pool.query('SELECT FROM sluice.records')
    expect([rows.rowCount, records.rowCount]).toEqual([2, 0])
  })
})

describe('days', () => {
  it('are those of the timestamp in UTC, in the first year as in the last', async () => {
    const at = (timestamp: string) => lines.dns().replace(/^\S+/, timestamp)
    await commit(
      await dnsBatch(
        at('0001-01-01T00:00:00Z'),
        at('1999-12-31T23:59:59.999999Z'),
        at('2024-01-15T01:00:00+02:00'),
        at('9999-12-31T23:59:59.999999Z'),
      ),
    )
    const result = await ledger.pool.query<{ day: string }>(
      'SELECT event_day::text AS day FROM sluice.records ORDER BY event_day',
    )
    expect(result.rows.map(({ day }) => day)).toEqual([
      '0001-01-01',
      '1999-12-31',
      '2024-01-14',
      '9999-12-31',
    ])
  })
})

describe('transactions at the same time', () => {
  it('that bring the same lines in different orders do not block each other, and each line is one row', async () => {
    const numbers = Array.from({ length: 500 }, (_, i) => i)
    const texts = numbers.map((n) => lines.dns(n))
    const batches = await Promise.all([
      dnsBatch(...texts),
      dnsBatch(...texts.toReversed()),
      dnsBatch(...texts.slice(250), ...texts.slice(0, 250)),
      dnsBatch(...texts.filter((_, i) => i % 2 === 0)),
    ])
    await Promise.all(batches.map((batch) => commit(batch)))
    const result = await ledger.pool.query<{ rows: number; distinct: number }>(
      'SELECT count(*)::int AS rows, count(DISTINCT timestamp)::int AS distinct FROM dns_logs',
    )
    expect(result.rows[0]).toEqual({ rows: 500, distinct: 500 })
    await expectBalanced()
  })

  it('wait for who came first: what it commits is known, what it takes back is not', async () => {
    for (const end of ['COMMIT', 'ROLLBACK']) {
      const line = lines.dns(end.length)
      const first = await newSource(ledger)
      const holder = await ledger.pool.connect()
      try {
        await holder.query('BEGIN')
        await holder.query(
          `INSERT INTO sluice.records SELECT '2024-01-15', $2, 0, substr(encode(sha256($1), 'hex'), 1, 32)::uuid`,
          [Buffer.from(`dns\0${line}`), first.id],
        )
        const batch = await dnsBatch(line)
        const committing = commit(batch)
        await pollUntil('somebody waits', async () => {
          const waiting = await ledger.pool.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
          return waiting.rowCount
        })
        await holder.query(end)
        expect((await committing).changed.size).toBe(end === 'COMMIT' ? 1 : 0)
      } finally {
        holder.release()
      }
    }
    await expectBalanced()
  })

  it('that fail leave nothing noted', async () => {
    const batch = await dnsBatch(lines.dns(1))
    const spoilt = { ...batch, dead: Buffer.from([1]), meta: { ...batch.meta, deadLetters: 1, lines: 2 } }
    await expect(commit(spoilt)).rejects.toThrow()
    const records = await ledger.pool.query('SELECT FROM sluice.records')
    expect(records.rowCount).toBe(0)
    expect((await commit(await dnsBatch(lines.dns(1)))).changed.size).toBe(0)
  })
})
