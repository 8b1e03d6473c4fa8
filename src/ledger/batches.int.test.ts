import { beforeAll, describe, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import {
  type CutText,
  lines,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { insertBatches, type LedgerBatch, selectCommitted } from './batches.js'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
})

function ledgerBatch({ chunk }: CutText, logType: string): LedgerBatch {
  const { hash, lines: count } = chunk.batches[logType]!
  return {
    hash,
    chunkId: chunk.id,
    sourceId: chunk.sourceId,
    logType,
    parserVersion: 2,
    lines: count,
    rows: count,
    deadLetters: 0,
    lineOffsetSum: '12345678901234567890123',
    firstEventMs: Date.UTC(2024, 0, 15),
    lastEventMs: null,
  }
}
const bothTypes = () => recordText(ledger, textOf(lines.dns(1), lines.auth(2)))

describe('inserting batches', () => {
  it('writes what it is given', async () => {
    const batch = ledgerBatch(await bothTypes(), 'dns')
    expect(await insertBatches(ledger.pool, [batch])).toEqual(new Set([batch.hash]))
    const result = await ledger.pool.query(
      `SELECT chunk_id, log_type, parser_version, lines, rows, dead_letters, line_offset_sum,
              first_event_at, last_event_at
         FROM sluice.batches WHERE batch_hash = decode($1, 'hex')`,
      [batch.hash],
    )
    expect(result.rows).toEqual([
      {
        chunk_id: batch.chunkId,
        log_type: 'dns',
        parser_version: 2,
        lines: 1,
        rows: 1,
        dead_letters: 0,
        line_offset_sum: '12345678901234567890123',
        first_event_at: new Date(Date.UTC(2024, 0, 15)),
        last_event_at: null,
      },
    ])
  })

  it('skips those that the ledger knows', async () => {
    const text = await bothTypes()
    const [dns, auth] = [ledgerBatch(text, 'dns'), ledgerBatch(text, 'auth')]
    await insertBatches(ledger.pool, [dns])
    expect(await insertBatches(ledger.pool, [dns, auth])).toEqual(new Set([auth.hash]))
    expect(await insertBatches(ledger.pool, [dns, auth])).toEqual(new Set())
    expect(await selectCommitted(ledger.pool, [dns.hash, auth.hash, 'ef'.repeat(32)])).toEqual(
      new Set([dns.hash, auth.hash]),
    )
  })

  it('takes none whose chunk is not as it was recorded', async () => {
    const text = await bothTypes()
    const dns = ledgerBatch(text, 'dns')
    const strangers: LedgerBatch[] = [
      { ...dns, chunkId: '00000000-0000-4000-8000-000000000000' },
      { ...dns, sourceId: dns.sourceId + 1000 },
      { ...dns, hash: 'ef'.repeat(32) },
      { ...dns, logType: 'auth' },
      { ...dns, logType: 'firewall' },
    ]
    for (const stranger of strangers) expect(await insertBatches(ledger.pool, [stranger])).toEqual(new Set())
    expect(await insertBatches(ledger.pool, [...strangers, dns])).toEqual(new Set([dns.hash]))
  })

  it('refuses a batch whose lines are not all accounted for', async () => {
    const dns = ledgerBatch(await bothTypes(), 'dns')
    await expect(insertBatches(ledger.pool, [{ ...dns, rows: 0 }])).rejects.toMatchObject({ code: '23514' })
  })

  it('of nothing does nothing', async () => {
    expect(await insertBatches(ledger.pool, [])).toEqual(new Set())
    expect(await selectCommitted(ledger.pool, [])).toEqual(new Set())
  })

  it('waits for whoever inserts the same batch, and takes it if they give up', async () => {
    const text = await bothTypes()
    const [dns, auth] = [ledgerBatch(text, 'dns'), ledgerBatch(text, 'auth')]
    for (const [batch, end, expected] of [
      [dns, 'COMMIT', []],
      [auth, 'ROLLBACK', [auth.hash]],
    ] as const) {
      const client = await ledger.pool.connect()
      try {
        await client.query('BEGIN')
        await insertBatches(client, [batch])
        const second = insertBatches(ledger.pool, [batch])
        await waitForLock()
        await client.query(end)
        expect(await second).toEqual(new Set(expected))
      } finally {
        client.release()
      }
    }
  })

  it('of overlapping groups in any order ends without a deadlock', async () => {
    const texts = await Promise.all(Array.from({ length: 10 }, bothTypes))
    const all = texts.flatMap((text) => [ledgerBatch(text, 'dns'), ledgerBatch(text, 'auth')])
    const groups = [all, all.toReversed(), all.slice(5), [...all.slice(10), ...all.slice(0, 10)]]
    const inserted = await Promise.all(groups.map((group) => insertBatches(ledger.pool, group)))
    const hashes = inserted.flatMap((set) => [...set])
    expect(hashes.toSorted()).toEqual(all.map(({ hash }) => hash).toSorted())
  })
})

async function waitForLock(): Promise<void> {
  await pollUntil('somebody waits for a lock', async () => {
    const result = await ledger.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return result.rowCount === 1
  })
}
