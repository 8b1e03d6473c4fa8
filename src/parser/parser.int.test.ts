import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { publishBatch, testTelemetry } from '../../load/test/published-batches.js'
import { cutText, lines, type TestLedger, textOf } from '../../load/test/recorded-text.js'
import { testKeyPrefix, testRedisUrl } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { unwatched } from '../lifecycle/loop-signal.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { loadLogTypes } from '../log-types/registry.js'
import { loadSettings } from '../settings/load-settings.js'
import { createGroup } from '../streams/consumer-group.js'
import type { RowsMeta } from '../streams/envelope.js'
import { parsersGroup, type TypeKeys } from '../streams/keys.js'
import { openRows } from '../streams/rows-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { traceIdOf, traceparentOf } from '../streams/trace-context.js'
import { createParserTelemetry } from '../telemetry/parser-telemetry.js'
import { runParser } from './parser.js'

let registry: LogTypeRegistry
let redis: ScriptedRedis
let prefix: string
beforeAll(async () => {
  registry = await loadLogTypes('config/log-types')
  redis = testRedis()
})
beforeEach(() => {
  prefix = testKeyPrefix()
})

const source = { id: 1, uuid: '2b1f3f3e-0000-4000-8000-000000000001', path: '/logs', recordedBytes: 0 }
const cut = (...texts: string[]) => cutText({ registry } as TestLedger, source, textOf(...texts))

function startParser(changed: Partial<LogTypeRegistry> = {}): { stop: () => Promise<void>; log: string[] } {
  const { metrics, logger, log } = testTelemetry({ registry } as TestLedger)
  const stop = new AbortController()
  const { parser: settings } = loadSettings({ env: {} })
  const ended = runParser({
    redis,
    connection: { url: testRedisUrl(), commandTimeoutMs: 5000 },
    keyPrefix: prefix,
    consumer: 'parser',
    registry: { ...registry, ...changed },
    settings: { ...settings, blockMs: 20, minIdleMs: 100, claimEveryMs: 20, maxDeliveries: 3 },
    telemetry: createParserTelemetry({ metrics, logger }),
    watch: () => unwatched,
    stop: stop.signal,
  })
  const end = () => {
    stop.abort()
    return ended
  }
  onTestFinished(end)
  return { stop: end, log }
}

/** Waits for so many parsed batches and returns their metas. */
async function parsed({ rows }: TypeKeys, count: number): Promise<RowsMeta[]> {
  await pollUntil(`${count} batches are handed over`, async () => (await redis.xlen(rows)) === count)
  const entries = await redis.xrangeBuffer(rows, '-', '+')
  return entries.map(([, fields]) => openRows(fields).meta)
}

describe('the parser', () => {
  it('hands over what it parsed, and leaves nothing behind', async () => {
    const text = await cut(lines.dns(1), lines.dns(2), lines.dns(3).replace('IN A', 'IN'))
    const keys = await publishBatch(redis, prefix, text, 'dns')
    startParser()
    const [meta] = await parsed(keys, 1)
    expect(meta).toMatchObject({
      lines: 3,
      rows: 2,
      deadLetters: 1,
      reasons: { no_match: 1 },
      days: [19_737],
    })
    expect(await redis.xlen(keys.raw)).toBe(0)
    const [, , bytes] = await redis.sluicePublish(
      keys.raw,
      keys.rows,
      keys.batches,
      keys.bytes,
      meta!.hash,
      '',
      '',
    )
    const [[, fields]] = (await redis.xrangeBuffer(keys.rows, '-', '+')) as [[Buffer, Buffer[]]]
    expect(bytes).toBe(
      fields.filter((_, index) => index % 2 === 1).reduce((sum, { length }) => sum + length, 0),
    )
  })

  it('goes on with the trace of a batch, and begins that of an entry without one', async () => {
    const [traced, former] = [await cut(lines.dns(1)), await cut(lines.dns(2))]
    const traceparent = traceparentOf(traced.chunk.id, 'b7ad6b7169203331')
    const keys = await publishBatch(redis, prefix, traced, 'dns', { traceparent })
    await publishBatch(redis, prefix, former, 'dns')
    const { log } = startParser()
    const metas = await parsed(keys, 2)
    for (const [index, { chunk }] of [traced, former].entries()) {
      const [, traceId, spanId] = metas[index]!.traceparent!.split('-')
      expect(traceId).toBe(traceIdOf(chunk.id))
      expect(spanId).not.toBe('b7ad6b7169203331')
      const told = log.map((line) => JSON.parse(line)).filter((entry) => entry.spanId === spanId)
      const { hash } = chunk.batches.dns!
      expect(told).toMatchObject([{ logType: 'dns', source: 1, chunk: chunk.id, batch: hash, traceId }])
      expect(told[0].parentSpanId).toBe(index === 0 ? 'b7ad6b7169203331' : undefined)
    }
  })

  it('sets aside entries that cannot be opened, and goes on with the others', async () => {
    const texts = await Promise.all([1, 2, 3, 4, 5].map((n) => cut(lines.dns(n))))
    const flip = (body: Buffer) => Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1)! ^ 1])])
    const keys = await publishBatch(redis, prefix, texts[0]!, 'dns', { lines: 2 })
    await publishBatch(redis, prefix, texts[1]!, 'dns', {}, flip)
    await publishBatch(redis, prefix, texts[2]!, 'dns', { bodyBytes: 5 })
    await publishBatch(redis, prefix, texts[3]!, 'dns', { logType: 'auth' })
    await redis.xadd(keys.raw, '*', 'not', 'ours')
    await publishBatch(redis, prefix, texts[4]!, 'dns')
    startParser()
    await parsed(keys, 1)
    await pollUntil('five entries are set aside', async () => (await redis.xlen(keys.dead)) === 5)
    expect(await redis.xlen(keys.raw)).toBe(0)
    expect(await redis.hlen(keys.batches)).toBe(1)
  })

  it('does not parse again what was delivered too often: its lines are set aside', async () => {
    const keys = await publishBatch(redis, prefix, await cut(lines.dns(1), lines.dns(2)), 'dns')
    await createGroup(redis, keys.raw, parsersGroup)
    await redis.xreadgroup('GROUP', parsersGroup, 'gone', 'STREAMS', keys.raw, '>')
    const [[id]] = (await redis.xrange(keys.raw, '-', '+')) as [[string, string[]]]
    await redis.xclaim(keys.raw, parsersGroup, 'gone', 0, id, 'RETRYCOUNT', 3)
    startParser()
    const [meta] = await parsed(keys, 1)
    expect(meta).toMatchObject({ rows: 0, deadLetters: 2, reasons: { poison_batch: 2 } })
  })

  it('gets rid of a batch that fails it every time, and parses those that came with it', async () => {
    const texts = [1, 2, 3, 4].map((n) => lines.dns(n).replace('example', n === 1 ? 'poison' : 'good'))
    const dns = registry.byName('dns')!
    const failing = Object.create(dns, {
      encodeLine: {
        value: (...args: Parameters<typeof dns.encodeLine>) => {
          if (args[0].bytes.includes('poison')) throw new Error('a fault in a log type')
          return dns.encodeLine(...args)
        },
      },
    })
    let keys: TypeKeys | undefined
    for (const text of texts) keys = await publishBatch(redis, prefix, await cut(text), 'dns')
    startParser({ byName: (name) => (name === 'dns' ? failing : registry.byName(name)) })
    const metas = await parsed(keys!, 4)
    const reasons = metas.flatMap(({ reasons }) => Object.keys(reasons))
    expect(reasons).toEqual(['poison_batch'])
    expect(metas.filter(({ rows }) => rows === 1)).toHaveLength(3)
  }, 30_000)

  it('hands over what it has when it is told to stop, and leaves the group', async () => {
    let keys: TypeKeys | undefined
    for (let n = 0; n < 20; n++) keys = await publishBatch(redis, prefix, await cut(lines.dns(n)), 'dns')
    const { stop } = startParser()
    await pollUntil('it has begun', async () => (await redis.xlen(keys!.rows)) > 0, { intervalMs: 1 })
    await stop()
    const [raw, rows] = [await redis.xlen(keys!.raw), await redis.xlen(keys!.rows)]
    expect(raw + rows).toBe(20)
    expect((await redis.xpending(keys!.raw, parsersGroup))[0]).toBe(0)
    expect(await redis.xinfo('CONSUMERS', keys!.raw, parsersGroup)).toEqual([])
  })
})
