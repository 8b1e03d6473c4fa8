import type pg from 'pg'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type CutText,
  commitText,
  lines,
  newSource,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { countPublishingAgain, markCompleteChunks } from './chunks.js'
import { type Reconciliation, reconcile } from './reconcile.js'
import { type Source, updateSeen } from './sources.js'
import { readLedgerStatus } from './status.js'

let ledger: TestLedger
let source: Source
let texts: CutText[]
beforeAll(async () => {
  ledger = await testLedger()
})

/** One source of two chunks: five rows of two types, two dead letters; all of it committed. */
beforeEach(async () => {
  await ledger.pool.query(
    'TRUNCATE firewall_logs, dns_logs, auth_logs, sluice.sources, sluice.dead_letters CASCADE',
  )
  source = await newSource(ledger, '/logs/one.log')
  const first = await recordText(ledger, textOf(lines.dns(1), lines.auth(2), lines.dns(3), 'nobody'), source)
  const second = await recordText(
    ledger,
    textOf(lines.dns(4), lines.auth(5), lines.dns(6).replace('IN A', 'IN')),
    source,
    first.chunk.end,
  )
  texts = [first, second]
})

async function commitAll(): Promise<void> {
  for (const text of texts) for (const logType of Object.keys(text.chunk.batches)) await commit(text, logType)
}
const commit = (text: CutText, logType: string) => commitText(ledger, text, logType)
const query = (sql: string, values: unknown[] = []): Promise<pg.QueryResult> => ledger.pool.query(sql, values)

function expectProblem(result: Reconciliation, problem: RegExp): void {
  expect(result.balanced).toBe(false)
  const all = [...result.problems, ...result.sources.flatMap(({ problems }) => problems)]
  expect(all).toEqual(expect.arrayContaining([expect.stringMatching(problem)]))
}

describe('reconcile', () => {
  it('finds every line, as a row or as a dead letter', async () => {
    await commitAll()
    expect(await reconcile(ledger.pool)).toEqual({
      balanced: true,
      lines: 7,
      indexed: 5,
      expired: 0,
      deadLettered: 2,
      inFlight: 0,
      problems: [],
      sources: [
        {
          path: '/logs/one.log',
          lines: 7,
          indexed: 5,
          expired: 0,
          deadLettered: 2,
          inFlight: 0,
          complete: false,
          problems: [],
        },
      ],
    })
  })

  it('is balanced with lines on their way, and with nothing at all', async () => {
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, lines: 7, indexed: 0, inFlight: 7 })
    await commit(texts[0]!, 'dns')
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, indexed: 2, inFlight: 5 })
    await query('TRUNCATE dns_logs, sluice.sources CASCADE')
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, lines: 0, sources: [] })
  })

  it('calls a source complete when all that was seen of it has arrived', async () => {
    const complete = async () => (await reconcile(ledger.pool)).sources[0]?.complete
    const end = texts[1]!.chunk.end
    await updateSeen(ledger.pool, source.id, source.path, end + 1)
    await commitAll()
    expect(await complete()).toBe(false)
    await updateSeen(ledger.pool, source.id, source.path, end)
    expect(await complete()).toBe(true)
    await recordText(ledger, textOf(lines.dns(9)), source, end)
    expect(await complete()).toBe(false)
  })

  it('notices a row that is missing', async () => {
    await commitAll()
    await query('DELETE FROM dns_logs WHERE line_offset = 0')
    expectProblem(await reconcile(ledger.pool), /^rows in the tables.*expected 5, got 4/)
  })

  it('notices a row that is there twice', async () => {
    await commitAll()
    await query('INSERT INTO auth_logs SELECT * FROM auth_logs LIMIT 1')
    expectProblem(await reconcile(ledger.pool), /^rows in the tables.*expected 5, got 6/)
  })

  it('notices a row that is there twice while another is missing', async () => {
    await commitAll()
    await query('DELETE FROM dns_logs WHERE line_offset = 0')
    await query('INSERT INTO dns_logs SELECT * FROM dns_logs ORDER BY line_offset DESC LIMIT 1')
    const result = await reconcile(ledger.pool)
    expect(result.indexed).toBe(5)
    expectProblem(result, /^sum of the offsets/)
  })

  it('notices a dead letter that is missing or there twice', async () => {
    await commitAll()
    const columns = 'log_type, source_id, line_offset, line_bytes, raw, reason, parser_version, batch_hash'
    await query(
      `INSERT INTO sluice.dead_letters (${columns}) SELECT ${columns} FROM sluice.dead_letters LIMIT 1`,
    )
    expectProblem(await reconcile(ledger.pool), /^dead letters in their table.*expected 2, got 3/)
    await query('DELETE FROM sluice.dead_letters')
    expectProblem(await reconcile(ledger.pool), /^dead letters in their table.*expected 2, got 0/)
  })

  it('notices rows and dead letters of a source that the ledger does not know', async () => {
    await commitAll()
    await query('INSERT INTO dns_logs SELECT * FROM dns_logs LIMIT 1')
    await query('UPDATE dns_logs SET source_id = 4711 WHERE ctid = (SELECT max(ctid) FROM dns_logs)')
    expectProblem(await reconcile(ledger.pool), /rows belong to source 4711/)
    await query('UPDATE sluice.dead_letters SET source_id = 4712')
    expectProblem(await reconcile(ledger.pool), /2 dead letters belong to source 4712/)
  })

  it('notices a row of one source that is booked on another', async () => {
    const other = await recordText(ledger, textOf(lines.dns(1)))
    texts.push(other)
    await commitAll()
    await query('UPDATE dns_logs SET source_id = $1 WHERE source_id = $2', [source.id, other.chunk.sourceId])
    const result = await reconcile(ledger.pool)
    expect(result.sources.map(({ problems }) => problems.length > 0)).toEqual([true, true])
  })

  it('notices a gap, an overlap and a missing end among the chunks', async () => {
    await query('UPDATE sluice.chunks SET start_offset = start_offset + 1 WHERE start_offset > 0')
    expectProblem(await reconcile(ledger.pool), /^gaps and overlaps.*got 1/)
    await query('UPDATE sluice.chunks SET start_offset = start_offset - 2 WHERE start_offset > 0')
    expectProblem(await reconcile(ledger.pool), /^gaps and overlaps.*got 1/)
    await query('DELETE FROM sluice.chunks WHERE start_offset > 0')
    expectProblem(await reconcile(ledger.pool), /^bytes covered by chunks/)
    await query('DELETE FROM sluice.chunks')
    expectProblem(await reconcile(ledger.pool), /^bytes covered by chunks.*got 0/)
  })

  it('notices a chunk that begins its source too late', async () => {
    await query('DELETE FROM sluice.chunks WHERE start_offset = 0')
    expectProblem(await reconcile(ledger.pool), /^gaps and overlaps.*got 1/)
  })

  it('notices a chunk with more lines in the ledger than it has, although the sum is right', async () => {
    await commitAll()
    await query('UPDATE sluice.chunks SET lines = lines - 1 WHERE start_offset = 0')
    await query('UPDATE sluice.chunks SET lines = lines + 1 WHERE start_offset > 0')
    expectProblem(await reconcile(ledger.pool), /^chunks with more lines/)
  })

  it('counts the rows of a type that is not declared any more', async () => {
    await commitAll()
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
    await query(`UPDATE sluice.log_types SET name = 'retired' WHERE name = 'dns'`)
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
    await query(`UPDATE sluice.log_types SET name = 'dns' WHERE name = 'retired'`)
  })

  it('sees one state of the tables while indexers commit', async () => {
    const verdicts: boolean[] = []
    const committing = commitAll()
    let done = false
    void committing.finally(() => {
      done = true
    })
    do verdicts.push((await reconcile(ledger.pool)).balanced)
    while (!done)
    await committing
    expect(new Set(verdicts)).toEqual(new Set([true]))
  })
})

describe('the status of the ledger', () => {
  it('tells what is recorded, on its way and set aside', async () => {
    const end = texts[1]!.chunk.end
    await updateSeen(ledger.pool, source.id, source.path, end + 100)
    await commit(texts[0]!, 'dns')
    await commit(texts[0]!, 'unclassified')
    expect(await readLedgerStatus(ledger.pool, 1)).toEqual({
      sources: 1,
      recordedBytes: end,
      unreadBytes: 100,
      chunks: 2,
      incompleteChunks: 2,
      linesInFlight: 4,
      stuckChunks: 0,
      oldestIncompleteSeconds: expect.any(Number),
      lastCommittedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      deadLetters: [{ logType: 'unclassified', reason: 'no_type', lines: 1 }],
    })
    await countPublishingAgain(ledger.pool, texts[1]!.chunk.id)
    expect((await readLedgerStatus(ledger.pool, 1)).stuckChunks).toBe(1)
  })

  it('does not call complete what is not marked yet, nor the other way round', async () => {
    await commitAll()
    const done = { incompleteChunks: 0, linesInFlight: 0, oldestIncompleteSeconds: null, chunks: 2 }
    expect(await readLedgerStatus(ledger.pool, 1)).toMatchObject(done)
    await markCompleteChunks(ledger.pool, [source.uuid])
    expect(await readLedgerStatus(ledger.pool, 1)).toMatchObject(done)
  })

  it('of an empty ledger is zeros', async () => {
    await query('TRUNCATE sluice.sources CASCADE')
    expect(await readLedgerStatus(ledger.pool, 1)).toMatchObject({
      sources: 0,
      recordedBytes: 0,
      unreadBytes: 0,
      chunks: 0,
      lastCommittedAt: null,
      deadLetters: [],
    })
  })
})
