import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'
import { type BatchMeta, encodeMeta } from '../streams/envelope.js'

const LINES = 1000

let pipeline: TestPipeline
let oracle: Oracle
/** Ten chunks are in the raw streams, and nobody has touched them. */
beforeEach(async () => {
  pipeline = await createTestPipeline({
    isMigrated: true,
    env: { SLUICE_READER_CHUNK_LINES: '100', SLUICE_PARSER_MAX_DELIVERIES: '2' },
  })
  const directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 95, lines: LINES, hostilePercent: 0 }, { directory })
  await pipeline.startRole('reader', [directory])
  await pollUntil(
    'everything is published',
    async () => (await pipeline.redis.xlen(pipeline.key('firewall', 'raw'))) === LINES / 100,
  )
})

async function expectStreamsEmpty(): Promise<void> {
  for (const logType of ['firewall', 'dns', 'auth', 'unclassified']) {
    const left = async () => ({
      raw: await pipeline.redis.xlen(pipeline.key(logType, 'raw')),
      rows: await pipeline.redis.xlen(pipeline.key(logType, 'rows')),
      batches: await pipeline.redis.hlen(pipeline.key(logType, 'batches')),
      bytes: Number(await pipeline.redis.get(pipeline.key(logType, 'bytes'))),
    })
    await pollUntil(`the streams of ${logType} are empty`, async () => {
      const { raw, rows } = await left()
      return raw + rows === 0
    })
    expect(await left()).toEqual({ raw: 0, rows: 0, batches: 0, bytes: 0 })
  }
}

/** The newest entry of a stream: id and fields. */
async function newestEntry(key: string): Promise<[id: string, fields: Buffer[]]> {
  const [entry] = await pipeline.redis.xrevrangeBuffer(key, '+', '-', 'COUNT', 1)
  return [entry![0].toString(), entry![1]]
}

/** Puts a damaged entry in the place of the newest one. */
async function damageNewestEntry(
  stream: 'raw' | 'rows',
  damage: (fields: Buffer[]) => Buffer[],
): Promise<void> {
  const { redis } = pipeline
  const key = pipeline.key('firewall', stream)
  const [id, fields] = await newestEntry(key)
  const damaged = await redis.xadd(key, '*', ...damage(fields))
  await redis.xdel(key, id)
  const { hash } = JSON.parse(fields[1]!.toString()) as { hash: string }
  await redis.hset(pipeline.key('firewall', 'batches'), hash, `${stream} ${damaged}`)
}

function flipByte(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[flipped.length >> 1]! ^= 0xff
  return flipped
}

test('a batch that was delivered too often without being parsed is set aside line by line', async () => {
  const { redis } = pipeline
  const key = pipeline.key('firewall', 'raw')
  const reply = await redis.xreadgroup('GROUP', 'parsers', 'victim', 'COUNT', 1, 'STREAMS', key, '>')
  const [[, [[id, fields]]]] = reply as [[string, [[string, string[]]]]]
  const { lines } = JSON.parse(fields[1]!) as { lines: number }
  for (let deaths = 1; deaths < 3; deaths++) await redis.xclaim(key, 'parsers', 'victim', 0, id)

  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({ deadLettered: lines })
  expect(
    await pipeline.query(
      'SELECT log_type, reason, count(*)::int AS lines FROM sluice.dead_letters GROUP BY 1, 2',
    ),
  ).toEqual([{ log_type: 'firewall', reason: 'poison_batch', lines }])
  await expectStreamsEmpty()
})

test.each<[string, (fields: Buffer[]) => Buffer[]]>([
  ['body does not match its hash', ([meta, json, body, bytes]) => [meta!, json!, body!, flipByte(bytes!)]],
  ['meta is not JSON', ([meta, json, ...rest]) => [meta!, json!.subarray(1), ...rest]],
  ['body is missing', ([meta, json]) => [meta!, json!]],
])('a raw entry whose %s is set aside whole, and its chunk published again', async (_, damage) => {
  await damageNewestEntry('raw', damage)
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  expect(await pipeline.redis.xlen(pipeline.key('firewall', 'dead'))).toBe(1)
  await expectStreamsEmpty()
})

test('a digit that was flipped in what an entry says of itself does not get into the ledger', async () => {
  await pipeline.startRole('parser')
  await pollUntil(
    'everything is parsed',
    async () => (await pipeline.redis.xlen(pipeline.key('firewall', 'rows'))) === LINES / 100,
  )
  await damageNewestEntry('rows', ([meta, json, ...rest]) => {
    const damaged = Buffer.from(json!)
    damaged[damaged.indexOf('"lineOffsetSum":"') + '"lineOffsetSum":"'.length]! ^= 1
    return [meta!, damaged, ...rest]
  })
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  expect(await pipeline.redis.xlen(pipeline.key('firewall', 'dead'))).toBe(1)
})

test('a damaged rows entry is set aside whole, and its chunk published again', async () => {
  const parser = await pipeline.startRole('parser')
  await pollUntil(
    'everything is parsed',
    async () => (await pipeline.redis.xlen(pipeline.key('firewall', 'rows'))) === LINES / 100,
  )
  await damageNewestEntry('rows', (fields) => fields.map((field, i) => (i === 3 ? flipByte(field) : field)))
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  expect(await pipeline.redis.xlen(pipeline.key('firewall', 'dead'))).toBe(1)
  await expectStreamsEmpty()
  expect(await parser.kill('SIGTERM')).toMatchObject({ code: 0 })
})

test('garbage in the streams is set aside and harms nothing', async () => {
  const { redis, key } = pipeline
  await redis.xadd(key('firewall', 'raw'), '*', 'hello', 'world')
  await redis.xadd(key('dns', 'rows'), '*', 'meta', '{"v":1}', 'body', 'x'.repeat(100_000))
  const [, fields] = await newestEntry(key('auth', 'raw'))
  // An entry of another type, in the wrong stream.
  await redis.xadd(key('dns', 'raw'), '*', ...fields)
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  await pollUntil('all of it is set aside', async () => {
    const dead = await Promise.all(['firewall', 'dns'].map((logType) => redis.xlen(key(logType, 'dead'))))
    return dead[0] === 1 && dead[1] === 2
  })
  await pipeline.expectOracle(oracle)
})

test('an entry that carries the batch of a chunk nobody recorded adds nothing', async () => {
  const { redis, key } = pipeline
  const [, [, json, , body]] = await newestEntry(key('auth', 'raw'))
  const meta = JSON.parse(json!.toString()) as BatchMeta
  await redis.xadd(
    key('auth', 'raw'),
    '*',
    'meta',
    encodeMeta({ ...meta, chunk: '00000000-0000-8000-8000-000000000000' }),
    'body',
    body!,
  )
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})
