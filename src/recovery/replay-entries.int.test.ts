import { beforeEach, describe, expect, it } from 'vitest'
import {
  batchMeta,
  type CutText,
  commitText,
  cutText,
  lines,
  newSource,
  parsedBatch,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { testKeyPrefix } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { drop } from '../dead-letters/drop.js'
import { groupEntries } from '../dead-letters/group-entries.js'
import { type EntrySelection, formatEntryId, selectStreamKeys } from '../dead-letters/select-entries.js'
import { compressBlock } from '../streams/compression.js'
import { encodeMeta } from '../streams/envelope.js'
import { typeKeys } from '../streams/keys.js'
import { packRows } from '../streams/rows-entry.js'
import { type EntriesReport, replay } from './replay.js'

const redis = testRedis()
let ledger: TestLedger
let keyPrefix: string
beforeEach(async () => {
  ledger = await testLedger()
  keyPrefix = testKeyPrefix()
})
const keysOf = (logType: string) => typeKeys(keyPrefix, logType)

/** Puts an entry with these fields where the parser or the indexer puts what it cannot open. */
async function setAside(logType: string, reason: string, stream: string, ...fields: (string | Buffer)[]) {
  const id = await redis.xadd(
    keysOf(logType).dead,
    '*',
    ...['reason', reason, 'stream', stream, 'id', '1-0'],
    ...fields,
  )
  return formatEntryId({ logType, id: id! })
}
/** The raw entry of a text's dns lines; `spoil` damages its body. */
function setRawAside(text: CutText, spoil = (body: Buffer) => body, logType = 'dns'): Promise<string> {
  const body = compressBlock(text.cut.bodies.get('dns')!.body)
  return setAside(
    logType,
    'body: checksum differs',
    'raw',
    'meta',
    encodeMeta(batchMeta(text, 'dns')),
    'body',
    spoil(body),
  )
}
const damage = (body: Buffer) => Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1)! ^ 1])])
const dnsText = (n: number) => recordText(ledger, textOf(lines.dns(n), lines.dns(n + 1)))

async function replayed(
  selection: EntrySelection = {},
  dryRun = false,
  stop = new AbortController().signal,
): Promise<EntriesReport> {
  const { entries } = await replay({
    ...ledger,
    partitions: { partitionsFrom: '2000-01-01', partitionsDaysAhead: 7, maxPartitions: 1000 },
    asked: {},
    lines: undefined,
    entries: { selection, redis, keyPrefix },
    dryRun,
    samplesOfEach: 0,
    onProgress: () => {},
    stop,
  })
  return entries
}
const state = async (logType = 'dns') => ({
  dead: await redis.xlen(keysOf(logType).dead),
  raw: await redis.xlen(keysOf(logType).raw),
  registered: await redis.hlen(keysOf(logType).batches),
})

describe('replaying an entry that could not be opened', () => {
  it('removes it once its lines are in the tables, and until then says who brings them', async () => {
    const text = await dnsText(1)
    const id = await setRawAside(text, damage)
    const { stay } = await replayed()
    expect(stay).toEqual([
      { id, because: expect.stringMatching(/checksum differs.*publishes its chunk again/) },
    ])
    expect(await state()).toEqual({ dead: 1, raw: 0, registered: 0 })
    await commitText(ledger, text, 'dns')
    expect(await replayed({}, true)).toMatchObject({ alreadyIndexed: 1 })
    expect(await state()).toMatchObject({ dead: 1 })
    expect(await replayed()).toEqual({ alreadyIndexed: 1, publishedAgain: 0, stay: [] })
    expect(await state()).toMatchObject({ dead: 0 })
  })

  it('publishes it again when it can be opened today, once', async () => {
    const text = await dnsText(1)
    await setRawAside(text)
    await setRawAside(text)
    expect(await replayed()).toMatchObject({
      publishedAgain: 1,
      stay: [{ because: expect.stringContaining('on its way') }],
    })
    expect(await state()).toEqual({ dead: 1, raw: 1, registered: 1 })
    const [[, fields]] = (await redis.xrange(keysOf('dns').raw, '-', '+')) as [[string, string[]]]
    expect(JSON.parse(fields[1]!)).toMatchObject({ ...batchMeta(text, 'dns'), cutAtMs: expect.any(Number) })
  })

  it('publishes the lines of a rows entry whose rows are damaged again', async () => {
    const text = await dnsText(1)
    const { meta, rows, dead } = parsedBatch(ledger, text, 'dns')
    const packed = packRows(rows, dead)
    const body = compressBlock(text.cut.bodies.get('dns')!.body)
    const json = encodeMeta({ ...meta, ...packed.checks })
    await setAside(
      'dns',
      'rows: checksum differs',
      'rows',
      'meta',
      json,
      'rows',
      damage(packed.rows),
      'dead',
      packed.dead,
      'body',
      body,
    )
    expect(await replayed()).toMatchObject({ publishedAgain: 1, stay: [] })
    const [[, fields]] = (await redis.xrange(keysOf('dns').raw, '-', '+')) as [[string, string[]]]
    expect(JSON.parse(fields[1]!)).toMatchObject({ ...batchMeta(text, 'dns'), cutAtMs: expect.any(Number) })
  })

  it('leaves what says nothing of its lines, what nobody would read, and what no chunk has', async () => {
    const garbage = await setAside('firewall', 'field meta is missing', 'raw', 'hello', 'world')
    const [foreign, unknown] = [
      await dnsText(1),
      await cutText(ledger, await newSource(ledger), textOf(lines.dns())),
    ]
    const wrongStream = await setRawAside(foreign, undefined, 'auth')
    const ofNoChunk = await setRawAside(unknown)
    const { stay } = await replayed()
    expect(new Map(stay.map(({ id, because }) => [id, because]))).toEqual(
      new Map([
        [garbage, expect.stringContaining('does not say what it carried')],
        [wrongStream, expect.stringContaining('not that of the stream auth')],
        [ofNoChunk, expect.stringContaining('does not have its chunk')],
      ]),
    )
  })

  it('takes those that are selected', async () => {
    const [one, other] = [await dnsText(1), await dnsText(5)]
    const [id] = [await setRawAside(one), await setRawAside(other)]
    const named = { logType: 'dns', id: id.split('/')[1]! }
    expect(
      await replayed({ ids: [named, { ...named, logType: 'auth' }, { logType: 'none', id: '1-0' }] }),
    ).toMatchObject({ publishedAgain: 1 })
    expect(await replayed({ logType: 'auth' })).toMatchObject({ publishedAgain: 0 })
    expect(await replayed({ reason: 'other' })).toMatchObject({ publishedAgain: 0 })
    expect(await replayed({ source: '/elsewhere' })).toMatchObject({ publishedAgain: 0 })
    expect(await replayed({ to: new Date(Date.now() - 60_000) })).toMatchObject({ publishedAgain: 0 })
    const keys = await selectStreamKeys(ledger.pool, keyPrefix)
    const { groups, newest } = await groupEntries(ledger.pool, redis, keys, {}, 5)
    expect(groups).toMatchObject([
      { logType: 'dns', stream: 'raw', reason: 'body: checksum differs', entries: 1 },
    ])
    expect(newest).toMatchObject([{ id: groups[0]!.sampleId }])
    expect(await replayed({ source: '/logs/some.log', group: groups[0]!.id })).toMatchObject({
      publishedAgain: 1,
    })
  })
})

describe('groups of entries', () => {
  it('hold those whose reasons differ in numbers only, whatever their ids say', async () => {
    for (const n of [1, 2]) await setAside('dns', `batch has ${n} lines, meta says 7`, 'raw')
    const late = await redis.xadd(keysOf('dns').dead, '18446744073709551615-0', 'reason', 'late')
    const keys = await selectStreamKeys(ledger.pool, keyPrefix)
    const { groups } = await groupEntries(ledger.pool, redis, keys, {}, 5)
    expect(groups).toMatchObject([
      { reason: 'batch has <n> lines, meta says <n>', entries: 2 },
      { reason: 'late', entries: 1, sampleId: `dns/${late}` },
    ])
    const ofGroup = await groupEntries(ledger.pool, redis, keys, { group: groups[0]!.id }, 5)
    expect(ofGroup.newest).toHaveLength(2)
  })
})

describe('told to stop', () => {
  it('leaves the other entries, and says so', async () => {
    await setRawAside(await dnsText(1))
    await expect(replayed({}, false, AbortSignal.abort())).rejects.toMatchObject({
      code: 'SLUICE_INTERRUPTED',
    })
    const dropping = drop({
      pool: ledger.pool,
      asked: { all: true },
      because: 'seen',
      lines: undefined,
      entries: { selection: {}, redis, keyPrefix },
      dryRun: false,
      onProgress: () => {},
      stop: AbortSignal.abort(),
    })
    await expect(dropping).rejects.toMatchObject({ code: 'SLUICE_INTERRUPTED' })
    expect(await state()).toMatchObject({ dead: 1 })
    const { rows } = await ledger.pool.query('SELECT kind, ended_at, outcome FROM sluice.operations')
    expect(rows).toEqual([
      { kind: 'replay', ended_at: null, outcome: null },
      { kind: 'drop', ended_at: null, outcome: { lines: 0, entries: [] } },
    ])
  })
})

describe('dropping entries', () => {
  it('removes them, and keeps why and what they were', async () => {
    const text = await dnsText(1)
    const id = await setRawAside(text, damage)
    const request = {
      pool: ledger.pool,
      asked: { all: true },
      because: 'seen',
      lines: undefined,
      entries: { selection: {}, redis, keyPrefix },
      dryRun: false,
      onProgress: () => {},
      stop: new AbortController().signal,
    }
    const entries = [{ id, reason: 'body: checksum differs', batchHash: batchMeta(text, 'dns').hash }]
    expect(await drop({ ...request, dryRun: true })).toMatchObject({ entries })
    expect(await drop(request)).toMatchObject({ lines: 0, entries })
    expect(await drop(request)).toMatchObject({ entries: [] })
    expect(await state()).toMatchObject({ dead: 0 })
    const { rows } = await ledger.pool.query(
      'SELECT selection, outcome FROM sluice.operations ORDER BY operation_id',
    )
    expect(rows[0]).toEqual({ selection: { all: true, because: 'seen' }, outcome: { lines: 0, entries } })
  })
})
