import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { publishBatch, publishRows } from '../../load/test/published-batches.js'
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
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { testKeyPrefix } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { upsertFile } from '../ledger/files.js'
import type { Source } from '../ledger/sources.js'
import { findBatch } from '../streams/find-batch.js'
import { indexersGroup, parsersGroup, typeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { type LinePlace, type Trace, traceLine } from './trace.js'

const broken = lines.dns(1).replace('IN A', 'IN')
const first = textOf(lines.dns(0), broken, lines.firewall(2), 'nobody')
const second = textOf(lines.auth(3), lines.dns(4))
const offsets = { row: 0, dead: lines.dns(0).length + 1, firewall: lines.dns(0).length + broken.length + 2 }

let ledger: TestLedger
let redis: ScriptedRedis
let prefix: string
let path: string
let source: Source
let texts: CutText[]
beforeEach(async () => {
  ledger = await testLedger()
  redis = testRedis()
  prefix = testKeyPrefix()
  path = join(await temporaryDirectory(), 'some.log')
  await writeFile(path, first + second)
  source = await newSource(ledger, path)
  texts = [
    await recordText(ledger, first, source),
    await recordText(ledger, second, source, Buffer.byteLength(first)),
  ]
})

async function trace(place: LinePlace, sourceId = source.id): Promise<Trace> {
  const found = await traceLine(sourceId, place, {
    ...ledger,
    maxLineBytes: 65_536,
    findBatch: (logType, hash) => findBatch(redis, typeKeys(prefix, logType), hash),
  })
  if (found === undefined) throw new Error('expected a trace')
  return found
}
const commitFirst = async () => {
  for (const type of ['dns', 'firewall', 'unclassified']) await commitText(ledger, texts[0]!, type)
}
const alsoAt = (other: string) =>
  upsertFile(ledger.pool, { path: other, sourceId: source.id, statKey: '', verifiedBytes: 1 })

describe('a line in the tables', () => {
  beforeEach(commitFirst)

  it('is a row, from any of its bytes, or by its number', async () => {
    for (const place of [
      { offset: offsets.row },
      { offset: 40 },
      { offset: offsets.dead - 1 },
      { number: 1 },
    ]) {
      const found = await trace(place)
      expect(found).toMatchObject({
        state: 'row',
        offset: 0,
        number: 1,
        source: { id: source.id, uuid: source.uuid, path, recordedBytes: first.length + second.length },
        line: { path, raw: Buffer.from(lines.dns(0)), bytes: lines.dns(0).length },
        chunk: { start: 0, end: first.length, lines: 4, publishingsAgain: 0, completedAt: null },
        batch: { logType: 'dns', committed: { lines: 2, rows: 1, deadLetters: 1, parserVersion: 1 } },
        rows: [{ logType: 'dns', table: 'dns_logs' }],
        deadLetter: undefined,
      })
      expect(found.rows).toHaveLength(1)
      expect(found.rows[0]!.columns).toMatchObject({ query_domain: 'example.com', extra: null })
    }
  })

  it('is a dead letter with its reason', async () => {
    await ledger.pool.query(
      `UPDATE sluice.dead_letters SET replays = 2, replayed_at = now(), dropped_at = now(), dropped_because = 'noise'
        WHERE line_offset = $1`,
      [offsets.dead],
    )
    expect(await trace({ number: 2 })).toMatchObject({
      state: 'dead-letter',
      offset: offsets.dead,
      deadLetter: { logType: 'dns', reason: 'no_match', replays: 2, droppedBecause: 'noise' },
      batch: { logType: 'dns' },
      rows: [],
    })
    expect(await trace({ number: 4 })).toMatchObject({ deadLetter: { reason: 'no_type' } })
  })

  it('is found without its file, and what was looked at is told', async () => {
    await writeFile(path, first.replace('example', 'another'))
    await alsoAt('/nowhere/gone.log')
    const found = await trace({ offset: offsets.firewall })
    expect(found).toMatchObject({ state: 'row', batch: { logType: 'firewall' }, number: null })
    expect(found.line).toEqual({
      attempts: expect.arrayContaining([
        { path, reason: 'its content is not what was recorded' },
        { path: '/nowhere/gone.log', reason: expect.stringContaining('ENOENT') },
      ]),
    })
    expect(await trace({ number: 3 })).toMatchObject({ state: 'unknown', offset: null, rows: [] })
  })

  it('is read from wherever its content is now, compressed as well', async () => {
    await rename(path, `${path}.1`)
    await writeFile(`${path}.1.gz`, gzipSync(first + second))
    await alsoAt(`${path}.1.gz`)
    expect(await trace({ number: 3 })).toMatchObject({
      state: 'row',
      line: { path: `${path}.1.gz`, raw: Buffer.from(lines.firewall(2)) },
    })
  })

  it('that is in none, although its batch is, is said to be nowhere', async () => {
    await ledger.pool.query('DELETE FROM dns_logs')
    expect(await trace({ number: 1 })).toMatchObject({ state: 'nowhere', batch: { logType: 'dns' } })
  })

  it('that is there twice shows both', async () => {
    await ledger.pool.query('INSERT INTO dns_logs SELECT * FROM dns_logs')
    expect((await trace({ number: 1 })).rows).toHaveLength(2)
  })

  it('in a table of another type than its batch, by a replay, is found', async () => {
    await ledger.pool.query(
      `UPDATE dns_logs SET line_offset = (SELECT line_offset FROM sluice.dead_letters WHERE reason = 'no_type')`,
    )
    await ledger.pool.query(`DELETE FROM sluice.dead_letters WHERE reason = 'no_type'`)
    expect(await trace({ number: 4 })).toMatchObject({ state: 'row', rows: [{ logType: 'dns' }] })
  })
})

describe('a line on its way', () => {
  const place = { number: 5 }
  const inFlight = { state: 'in-flight', offset: first.length, number: 5, batch: { logType: 'auth' } }

  it('is in no stream before it is published', async () => {
    const found = await trace(place)
    expect(found).toMatchObject(inFlight)
    expect(found.batch?.inStream).toBeUndefined()
  })

  it('waits in the raw stream, and is then in the hands of a parser', async () => {
    const keys = await publishBatch(redis, prefix, texts[1]!, 'auth')
    expect(await trace(place)).toMatchObject({
      ...inFlight,
      batch: { inStream: { stream: 'raw', delivery: null } },
    })
    await redis.xgroup('CREATE', keys.raw, parsersGroup, '0')
    expect(await trace(place)).toMatchObject({ batch: { inStream: { delivery: null } } })
    await redis.xreadgroup('GROUP', parsersGroup, 'one', 'COUNT', 1, 'STREAMS', keys.raw, '>')
    expect(await trace(place)).toMatchObject({
      batch: { inStream: { delivery: { consumer: 'one', deliveries: 1, idleMs: expect.any(Number) } } },
    })
  })

  it('waits in the rows stream, and is then in the hands of an indexer', async () => {
    const keys = await publishRows(ledger, redis, prefix, texts[1]!, 'auth')
    expect(await trace(place)).toMatchObject({
      ...inFlight,
      batch: { inStream: { stream: 'rows', delivery: null } },
    })
    await redis.xreadgroup('GROUP', indexersGroup, 'two', 'COUNT', 1, 'STREAMS', keys.rows, '>')
    expect(await trace(place)).toMatchObject({ batch: { inStream: { delivery: { consumer: 'two' } } } })
    await redis.del(keys.rows)
    expect((await trace(place)).batch?.inStream).toBeUndefined()
  })
})

it('a line whose batch is committed while it is looked for is found', async () => {
  const found = await traceLine(
    source.id,
    { number: 5 },
    {
      ...ledger,
      maxLineBytes: 65_536,
      findBatch: async () => {
        await commitText(ledger, texts[1]!, 'auth')
        return undefined
      },
    },
  )
  expect(found).toMatchObject({ state: 'row', rows: [{ logType: 'auth' }] })
})

describe('what the ledger does not have', () => {
  it('is not read yet', async () => {
    expect(await trace({ offset: first.length + second.length })).toMatchObject({ state: 'unread' })
    expect(await trace({ number: 7 })).toMatchObject({ state: 'unread', number: 7, offset: null })
  })

  it('is no source', async () => {
    const options = { ...ledger, maxLineBytes: 65_536, findBatch: async () => undefined }
    expect(await traceLine(4711, { offset: 0 }, options)).toBeUndefined()
  })
})

it('the newline of a line that was taken before it was written is no line of its own', async () => {
  const other = join(await temporaryDirectory(), 'partial.log')
  const text = `${lines.dns(0)}\n${lines.dns(1)}\n`
  await writeFile(other, text)
  const partial = await newSource(ledger, other)
  const end = lines.dns(0).length
  await recordText(ledger, text.slice(0, end), partial)
  // Recorded as the reader does it: the chunk begins with the newline and has one line.
  await ledger.pool.query('UPDATE sluice.sources SET recorded_bytes = $2 WHERE source_id = $1', [
    partial.id,
    text.length,
  ])
  await ledger.pool.query(
    `INSERT INTO sluice.chunks SELECT gen_random_uuid(), $1, $2, $3, 1, $4, '{"dns": {"hash": "00", "lines": 1}}'`,
    [partial.id, end, text.length, createHash('sha256').update(text.slice(end)).digest()],
  )
  expect(await trace({ number: 2 }, partial.id)).toMatchObject({
    offset: end + 1,
    line: { raw: Buffer.from(lines.dns(1)), index: 0 },
  })
  expect(await trace({ offset: end + 20 }, partial.id)).toMatchObject({ number: 2, offset: end + 1 })
  expect(await trace({ number: 1 }, partial.id)).toMatchObject({ offset: 0, line: { bytes: end } })
})
