import { beforeAll, describe, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import {
  lines,
  parsedBatch,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { selectCommitted } from '../ledger/batches.js'
import { reconcile } from '../ledger/reconcile.js'
import { type Batch, commitBatches } from './commit.js'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
})

const commit = (...batches: Batch[]) =>
  commitBatches(ledger.pool, ledger.registry.byName(batches[0]!.meta.logType), batches)
const outcomes = async (...batches: Batch[]) => {
  const commits = await commit(...batches)
  return batches.map(({ meta }) => commits.outcomes.get(meta.hash))
}
async function dnsBatch(...texts: string[]): Promise<Batch> {
  return parsedBatch(ledger, await recordText(ledger, textOf(...texts)), 'dns')
}
async function written({ meta }: Batch): Promise<{ rows: number; dead: number; known: boolean }> {
  const rows = await ledger.pool.query('SELECT FROM dns_logs WHERE source_id = $1', [meta.sourceId])
  const dead = await ledger.pool.query('SELECT FROM sluice.dead_letters WHERE source_id = $1', [
    meta.sourceId,
  ])
  const known = await selectCommitted(ledger.pool, [meta.hash])
  return { rows: rows.rowCount ?? 0, dead: dead.rowCount ?? 0, known: known.has(meta.hash) }
}
const broken = lines.dns(1).replace('IN A', 'IN')

describe('committing batches', () => {
  it('writes rows, dead letters and the ledger, each value where it belongs', async () => {
    const batch = await dnsBatch(lines.dns(5), broken)
    expect(await outcomes(batch)).toEqual(['committed'])
    expect(await written(batch)).toEqual({ rows: 1, dead: 1, known: true })
    const row = await ledger.pool.query(
      'SELECT *, client_ip::text, server_ip::text FROM dns_logs WHERE source_id = $1',
      [batch.meta.sourceId],
    )
    expect(row.rows).toEqual([
      {
        timestamp: new Date('2024-01-15T00:00:05Z'),
        client_ip: '10.0.0.1/32',
        query_domain: 'example.com',
        query_type: 'A',
        server_ip: '10.0.0.2/32',
        response_code: 'NOERROR',
        line_offset: '0',
        source_id: batch.meta.sourceId,
        parser_version: 1,
        extra: null,
      },
    ])
    const dead = await ledger.pool.query('SELECT * FROM sluice.dead_letters WHERE source_id = $1', [
      batch.meta.sourceId,
    ])
    expect(dead.rows[0]).toMatchObject({
      log_type: 'dns',
      line_offset: String(lines.dns(5).length + 1),
      line_bytes: String(broken.length),
      raw: Buffer.from(broken),
      batch_hash: Buffer.from(batch.meta.hash, 'hex'),
    })
  })

  it('commits many in one transaction, and each once however often it is among them', async () => {
    const [one, two] = [await dnsBatch(lines.dns(1)), await dnsBatch(lines.dns(2), lines.dns(3))]
    expect(await outcomes(one, two, one)).toEqual(['committed', 'committed', 'committed'])
    expect([await written(one), await written(two)]).toMatchObject([{ rows: 1 }, { rows: 2 }])
  })

  it('drops what the ledger knows, and commits the rest of the group', async () => {
    const [known, fresh] = [await dnsBatch(lines.dns(1)), await dnsBatch(lines.dns(2))]
    await commit(known)
    expect(await outcomes(fresh, known)).toEqual(['committed', 'duplicate'])
    expect(await outcomes(fresh, known)).toEqual(['duplicate', 'duplicate'])
    expect([await written(known), await written(fresh)]).toMatchObject([{ rows: 1 }, { rows: 1 }])
  })

  it('drops what the ledger has no such chunk for', async () => {
    const [stale, fresh] = [await dnsBatch(lines.dns(1)), await dnsBatch(lines.dns(2))]
    await ledger.pool.query('DELETE FROM sluice.chunks WHERE chunk_id = $1', [stale.meta.chunk])
    await ledger.pool.query('DELETE FROM sluice.sources WHERE source_id = $1', [stale.meta.sourceId])
    expect(await outcomes(stale, fresh)).toEqual(['stale', 'committed'])
    expect(await written(stale)).toEqual({ rows: 0, dead: 0, known: false })
  })

  it('commits a batch of which two deliveries are committed at the same time once', async () => {
    const batch = await dnsBatch(lines.dns(1), broken)
    const commits = await Promise.all([outcomes(batch), outcomes(batch), outcomes(batch)])
    expect(commits.flat().sort()).toEqual(['committed', 'duplicate', 'duplicate'])
    expect(await written(batch)).toEqual({ rows: 1, dead: 1, known: true })
  })

  it('writes lines that no type claims as dead letters', async () => {
    const text = await recordText(ledger, textOf('nobody', ''))
    const batch = parsedBatch(ledger, text, 'unclassified')
    expect(await outcomes(batch)).toEqual(['committed'])
    expect(await written(batch)).toEqual({ rows: 0, dead: 2, known: true })
  })

  it('keeps the books balanced', async () => {
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0 })
  })
})

describe('a commit that fails', () => {
  it('leaves nothing of any batch of the group, and can be repeated', async () => {
    const [good, bad] = [await dnsBatch(lines.dns(1), broken), await dnsBatch(lines.dns(2))]
    const spoilt = { ...bad, rows: Buffer.concat([Buffer.from([0x7f]), bad.rows.subarray(1)]) }
    await expect(commit(good, spoilt)).rejects.toMatchObject({ code: expect.stringMatching(/^22/) })
    expect(await written(good)).toEqual({ rows: 0, dead: 0, known: false })
    expect(await outcomes(good, bad)).toEqual(['committed', 'committed'])
  })

  it('because of a dead letter leaves no row', async () => {
    const batch = await dnsBatch(lines.dns(1), broken)
    const dead = Buffer.concat([Buffer.from([0x7f]), batch.dead.subarray(1)])
    await expect(commit({ ...batch, dead })).rejects.toMatchObject({ code: expect.stringMatching(/^22/) })
    expect(await written(batch)).toEqual({ rows: 0, dead: 0, known: false })
  })

  it('because the tuples are more or fewer than the ledger would say leaves nothing', async () => {
    const batch = await dnsBatch(lines.dns(1), lines.dns(2))
    const half = batch.rows.subarray(0, batch.rows.length / 2)
    const twice = Buffer.concat([batch.rows, half])
    for (const rows of [half, twice]) {
      await expect(commit({ ...batch, rows })).rejects.toThrow(/took \d rows instead of 2/)
      expect(await written(batch)).toEqual({ rows: 0, dead: 0, known: false })
    }
    expect(await outcomes(batch)).toEqual(['committed'])
  })

  it('because the connection breaks leaves nothing', async () => {
    const batch = await dnsBatch(lines.dns(1))
    const blocker = await ledger.pool.connect()
    try {
      await blocker.query('BEGIN')
      await blocker.query('LOCK TABLE dns_logs')
      const committing = commit(batch).catch((error: unknown) => error)
      const ended = await terminateWaiting()
      expect(ended).toBe(1)
      expect(await committing).toBeInstanceOf(Error)
      await blocker.query('ROLLBACK')
    } finally {
      blocker.release()
    }
    expect(await written(batch)).toEqual({ rows: 0, dead: 0, known: false })
    expect(await outcomes(batch)).toEqual(['committed'])
  })
})

/** Waits for the one session that waits for a lock, and ends it. */
function terminateWaiting(): Promise<number> {
  return pollUntil('somebody waits for a lock', async () => {
    const result = await ledger.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return result.rowCount
  })
}
