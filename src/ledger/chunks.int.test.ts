import { beforeAll, describe, expect, it } from 'vitest'
import {
  commitText,
  cutText,
  lines,
  newSource,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import {
  countPublishingAgain,
  markCompleteChunks,
  recordChunk,
  replaceBatches,
  selectChunksFrom,
  selectIncompleteChunks,
} from './chunks.js'
import { selectSource } from './sources.js'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
})

const commit = (text: Awaited<ReturnType<typeof recordText>>, logType: string) =>
  commitText(ledger, text, logType)

describe('recording a chunk', () => {
  it('moves the end of its source with it', async () => {
    const source = await newSource(ledger)
    const first = await recordText(ledger, textOf(lines.dns(1)), source)
    const second = await recordText(ledger, textOf(lines.dns(2), lines.auth(3)), source, first.chunk.end)
    expect((await selectSource(ledger.pool, source.uuid))?.recordedBytes).toBe(second.chunk.end)
    expect(await selectChunksFrom(ledger.pool, source.uuid, 0, 10)).toEqual([first.chunk, second.chunk])
    expect(await selectChunksFrom(ledger.pool, source.uuid, 1, 10)).toEqual([second.chunk])
    expect(await selectChunksFrom(ledger.pool, source.uuid, 0, 1)).toEqual([first.chunk])
  })

  it('fails, and writes nothing, unless it begins where the last one ends', async () => {
    const source = await newSource(ledger)
    const { chunk } = await recordText(ledger, textOf(lines.dns(1)), source)
    for (const start of [0, chunk.end - 1, chunk.end + 1]) {
      const other = await cutText(ledger, source, textOf(lines.dns(2)), start)
      expect(await recordChunk(ledger.pool, other.chunk)).toBe(false)
    }
    expect(await recordChunk(ledger.pool, chunk)).toBe(false)
    expect(await selectChunksFrom(ledger.pool, source.uuid, 0, 10)).toEqual([chunk])
  })

  it('fails for a source that is not there, or is another one under the same number', async () => {
    const source = await newSource(ledger)
    const { chunk } = await cutText(ledger, source, textOf(lines.dns(1)))
    const otherUuid = '00000000-0000-4000-8000-000000000000'
    expect(await recordChunk(ledger.pool, { ...chunk, sourceUuid: otherUuid })).toBe(false)
    expect(await recordChunk(ledger.pool, { ...chunk, sourceId: 999_999 })).toBe(false)
    expect(await selectChunksFrom(ledger.pool, source.uuid, 0, 10)).toEqual([])
  })

  it('succeeds for one of several readers that record at the same time', async () => {
    const source = await newSource(ledger)
    const texts = Array.from({ length: 5 }, (_, index) => textOf(...Array(index + 1).fill(lines.dns(index))))
    const cuts = await Promise.all(texts.map((text) => cutText(ledger, source, text)))
    const recorded = await Promise.all(cuts.map(({ chunk }) => recordChunk(ledger.pool, chunk)))
    expect(recorded.filter(Boolean)).toHaveLength(1)
    const winner = cuts[recorded.indexOf(true)]!
    expect(await selectChunksFrom(ledger.pool, source.uuid, 0, 10)).toEqual([winner.chunk])
    expect((await selectSource(ledger.pool, source.uuid))?.recordedBytes).toBe(winner.chunk.end)
  })
})

describe('a chunk', () => {
  it('is complete once every batch of it is in the ledger', async () => {
    const source = await newSource(ledger)
    const text = await recordText(ledger, textOf(lines.dns(1), lines.auth(2), 'nobody'), source)
    const incomplete = async () =>
      (await selectIncompleteChunks(ledger.pool, [source.uuid], 10)).map(({ id }) => id)
    for (const logType of ['dns', 'auth', 'unclassified']) {
      expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(0)
      expect(await incomplete()).toEqual([text.chunk.id])
      await commit(text, logType)
    }
    expect(await markCompleteChunks(ledger.pool, ['00000000-0000-4000-8000-000000000000'])).toBe(0)
    expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(1)
    expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(0)
    expect(await incomplete()).toEqual([])
  })

  it('is not waited for while an indexer writes to it, and marked the next time', async () => {
    const source = await newSource(ledger)
    const text = await recordText(ledger, textOf(lines.dns(1)), source)
    await commit(text, 'dns')
    const client = await ledger.pool.connect()
    try {
      await client.query('BEGIN')
      // As whoever has the same batch once more.
      await client.query('SELECT FROM sluice.chunks WHERE chunk_id = $1 FOR SHARE', [text.chunk.id])
      expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(0)
      await client.query('COMMIT')
    } finally {
      client.release()
    }
    expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(1)
  })

  it('without a line is complete from the beginning', async () => {
    const source = await newSource(ledger)
    const { chunk } = await cutText(ledger, source, textOf(lines.dns(1)))
    const empty = { ...chunk, id: source.uuid, end: 1, lines: 0, batches: {} }
    expect(await recordChunk(ledger.pool, empty)).toBe(true)
    expect(await markCompleteChunks(ledger.pool, [source.uuid])).toBe(1)
  })

  it('counts how often it was published again, and its age from then on', async () => {
    const source = await newSource(ledger)
    const { chunk } = await recordText(ledger, textOf(lines.dns(1)), source)
    await ledger.pool.query(
      `UPDATE sluice.chunks SET recorded_at = now() - interval '1 hour' WHERE chunk_id = $1`,
      [chunk.id],
    )
    const [before] = await selectIncompleteChunks(ledger.pool, [source.uuid], 10)
    expect(before?.publishingsAgain).toBe(0)
    expect(before?.ageMs).toBeGreaterThanOrEqual(3_600_000)
    await countPublishingAgain(ledger.pool, chunk.id)
    const [after] = await selectIncompleteChunks(ledger.pool, [source.uuid], 10)
    expect(after?.publishingsAgain).toBe(1)
    expect(after?.ageMs).toBeLessThan(3_600_000)
  })

  it('gets other batches only while nothing of it is committed', async () => {
    const text = await recordText(ledger, textOf(lines.dns(1), lines.auth(2)))
    const { chunk } = text
    const others = { dns: { hash: 'cd'.repeat(32), lines: 2 } }
    expect(await replaceBatches(ledger.pool, chunk.id, others)).toBe(true)
    expect((await selectChunksFrom(ledger.pool, chunk.sourceUuid, 0, 1))[0]?.batches).toEqual(others)
    expect(await replaceBatches(ledger.pool, chunk.id, chunk.batches)).toBe(true)
    expect((await commit(text, 'auth')).outcomes.get(chunk.batches.auth!.hash)).toBe('committed')
    expect(await replaceBatches(ledger.pool, chunk.id, others)).toBe(false)
    expect((await selectChunksFrom(ledger.pool, chunk.sourceUuid, 0, 1))[0]?.batches).toEqual(chunk.batches)
    expect(await replaceBatches(ledger.pool, '00000000-0000-4000-8000-000000000000', others)).toBe(false)
  })

  it('does not get other batches while an indexer is committing one of them', async () => {
    const text = await recordText(ledger, textOf(lines.dns(1), lines.auth(2)))
    const { chunk } = text
    const client = await ledger.pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT FROM sluice.chunks WHERE chunk_id = $1 FOR SHARE', [chunk.id])
      const replaced = replaceBatches(ledger.pool, chunk.id, { dns: { hash: 'cd'.repeat(32), lines: 2 } })
      await client.query(
        `INSERT INTO sluice.batches (batch_hash, chunk_id, log_type, parser_version, lines, rows, dead_letters,
                                     line_offset_sum)
         VALUES (decode($1, 'hex'), $2, 'dns', 1, 1, 0, 1, 0)`,
        [chunk.batches.dns!.hash, chunk.id],
      )
      await client.query('COMMIT')
      expect(await replaced).toBe(false)
    } finally {
      client.release()
    }
  })
})
