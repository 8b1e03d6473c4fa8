import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { publishRows, testTelemetry } from '../../load/test/published-batches.js'
import {
  type CutText,
  lines,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { testKeyPrefix, testRedisUrl } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { reconcile } from '../ledger/reconcile.js'
import { unwatched } from '../lifecycle/loop-signal.js'
import { loadSettings } from '../settings/load-settings.js'
import { readBacklog } from '../streams/backlog.js'
import { indexersGroup, typeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { Indexer } from './indexer.js'

let ledger: TestLedger
let redis: ScriptedRedis
let prefix: string
beforeAll(async () => {
  ledger = await testLedger()
  redis = testRedis()
  await ledger.pool.query('ALTER TABLE firewall_logs ADD CONSTRAINT even CHECK (bytes_sent % 2 = 0)')
})
beforeEach(() => {
  prefix = testKeyPrefix()
})

/** Runs an indexer until the end of the test, or until it is stopped. */
function startIndexer(consumer = 'indexer'): { stop: () => Promise<void>; log: string[] } {
  const { metrics, logger, log } = testTelemetry(ledger)
  const stop = new AbortController()
  const { indexer: settings } = loadSettings({ env: {} })
  const ended = new Indexer({
    ...ledger,
    redis,
    connection: { url: testRedisUrl(), commandTimeoutMs: 5000 },
    keyPrefix: prefix,
    consumer,
    settings: { ...settings, blockMs: 20, minIdleMs: 300, claimEveryMs: 50 },
    telemetry: createIndexerTelemetry({ metrics, logger }),
    watch: () => unwatched,
    stop: stop.signal,
  }).run()
  const end = () => {
    stop.abort()
    return ended
  }
  onTestFinished(end)
  return { stop: end, log }
}

const publish = (text: CutText, logType: string, changes = {}) =>
  publishRows(ledger, redis, prefix, text, logType, changes)
const record = (...texts: string[]) => recordText(ledger, textOf(...texts))

async function untilEmpty(...logTypes: string[]): Promise<void> {
  for (const logType of logTypes) {
    await pollUntil(`the ${logType} streams are empty`, async () => {
      const { raw, rows, bytes } = await readBacklog(redis, typeKeys(prefix, logType))
      return raw.entries + rows.entries + bytes === 0
    })
  }
}
async function deadLettersOf({ chunk }: CutText): Promise<string[][]> {
  const result = await ledger.pool.query<{
    reason: string
    raw: Buffer
    detail: string
    line_offset: string
  }>(
    'SELECT reason, raw, detail, line_offset FROM sluice.dead_letters WHERE source_id = $1 ORDER BY line_offset',
    [chunk.sourceId],
  )
  return result.rows.map(({ reason, raw, detail, line_offset }) => [reason, `${raw}`, detail, line_offset])
}
async function rowsOf({ chunk }: CutText, table: string): Promise<number> {
  const result = await ledger.pool.query(`SELECT FROM ${table} WHERE source_id = $1`, [chunk.sourceId])
  return result.rowCount ?? 0
}
const inFlightOf = async ({ chunk }: CutText) =>
  (await ledger.pool.query('SELECT FROM sluice.batches WHERE chunk_id = $1', [chunk.id])).rowCount

describe('the indexer', () => {
  it('commits what is in the streams and leaves nothing behind in them', async () => {
    const text = await record(lines.dns(1), lines.auth(2), lines.firewall(4), 'nobody', lines.dns(5))
    for (const logType of ['dns', 'auth', 'firewall', 'unclassified']) await publish(text, logType)
    startIndexer()
    await untilEmpty('dns', 'auth', 'firewall', 'unclassified')
    expect(await rowsOf(text, 'dns_logs')).toBe(2)
    expect((await deadLettersOf(text)).map(([reason, raw]) => [reason, raw])).toEqual([['no_type', 'nobody']])
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0 })
    expect(await redis.keys(`${prefix}:*:batches`)).toEqual([])
  })

  it('drops what was committed before, and what the ledger does not know', async () => {
    const known = await record(lines.dns(1))
    await publish(known, 'dns')
    startIndexer()
    await untilEmpty('dns')
    const stale = await record(lines.dns(2))
    await ledger.pool.query('DELETE FROM sluice.chunks WHERE chunk_id = $1', [stale.chunk.id])
    await ledger.pool.query('DELETE FROM sluice.sources WHERE source_id = $1', [stale.chunk.sourceId])
    await publish(known, 'dns')
    await publish(stale, 'dns')
    await untilEmpty('dns')
    expect([await rowsOf(known, 'dns_logs'), await rowsOf(stale, 'dns_logs')]).toEqual([1, 0])
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
  })

  it('turns rows that Postgres refuses into dead letters of their lines, and commits all others', async () => {
    const numbers = [1, 2, 4, 5, 6, 8, 9]
    const bad = await record(...numbers.map((n) => lines.firewall(n, '|note=a\u00e9')))
    const good = await record(lines.firewall(10), lines.firewall(12))
    await publish(good, 'firewall')
    await publish(bad, 'firewall')
    const { log } = startIndexer()
    await untilEmpty('firewall')
    expect([await rowsOf(good, 'firewall_logs'), await rowsOf(bad, 'firewall_logs')]).toEqual([2, 4])
    const dead = await deadLettersOf(bad)
    const length = Buffer.byteLength(lines.firewall(1, '|note=aé')) + 1
    expect(dead.map(([reason, raw, , offset]) => [reason, raw, offset])).toEqual(
      [0, 3, 6].map((index) => [
        'refused_by_postgres',
        lines.firewall(numbers[index], '|note=aé'),
        String(index * length),
      ]),
    )
    expect(dead[0]![2]).toMatch(/^23514 .*even/)
    expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0 })
    expect(log.join('')).toContain('23514')
  })

  it('sets aside entries that cannot be opened, and goes on with the others', async () => {
    const [corrupt, misplaced, good] = [
      await record(lines.dns(1)),
      await record(lines.dns(2)),
      await record(lines.dns(3)),
    ]
    await publish(corrupt, 'dns', { rowsCrc32: 0 })
    await publish(misplaced, 'dns', { logType: 'auth' })
    const { rows, dead } = await publish(good, 'dns')
    await redis.xadd(rows, '*', 'not', 'ours')
    startIndexer()
    await pollUntil('three entries are set aside', async () => (await redis.xlen(dead)) === 3)
    await pollUntil('the good one is committed', async () => (await inFlightOf(good)) === 1)
    expect([await inFlightOf(corrupt), await inFlightOf(misplaced)]).toEqual([0, 0])
    const reasons = (await redis.xrange(dead, '-', '+')).map(([, fields]) => fields[1])
    expect(reasons.sort()).toEqual([
      'field meta is missing',
      'meta.logType is not that of the stream dns',
      'rows: checksum differs',
    ])
    expect(await redis.xlen(rows)).toBe(0)
  })

  it('takes over what an indexer that is gone had read', async () => {
    const text = await record(lines.dns(1), lines.dns(2))
    const { rows } = await publish(text, 'dns')
    await redis.xreadgroup('GROUP', indexersGroup, 'gone', 'STREAMS', rows, '>')
    startIndexer()
    await untilEmpty('dns')
    expect(await rowsOf(text, 'dns_logs')).toBe(2)
  })

  it('shares the work with others, and every batch is committed once', async () => {
    const texts = await Promise.all(
      Array.from({ length: 30 }, (_, index) => record(...Array(index + 1).fill(lines.dns(index)))),
    )
    for (const text of texts) await publish(text, 'dns')
    for (const consumer of ['one', 'two', 'three']) startIndexer(consumer)
    await untilEmpty('dns')
    for (const [index, text] of texts.entries()) expect(await rowsOf(text, 'dns_logs')).toBe(index + 1)
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
  })

  it('finishes what it has when it is told to stop, and leaves the group', async () => {
    const texts = await Promise.all(Array.from({ length: 10 }, (_, index) => record(lines.dns(index))))
    for (const text of texts) await publish(text, 'dns')
    const { stop } = startIndexer()
    const { rows } = typeKeys(prefix, 'dns')
    await pollUntil('it has begun', async () => (await redis.xlen(rows)) < 10, { intervalMs: 1 })
    await stop()
    const { rows: status } = await readBacklog(redis, typeKeys(prefix, 'dns'))
    expect([status.pending, status.consumers]).toEqual([0, []])
    expect((await reconcile(ledger.pool)).balanced).toBe(true)
  })

  it('holds its batches while the table is missing, and commits them when it is back', async () => {
    const text = await record(lines.auth(1))
    await ledger.pool.query('ALTER TABLE auth_logs RENAME TO auth_logs_away')
    await publish(text, 'auth')
    const { log } = startIndexer()
    await pollUntil('the failure is told', () => log.some((line) => line.includes('"loop":"commit"')))
    await ledger.pool.query('ALTER TABLE auth_logs_away RENAME TO auth_logs')
    await untilEmpty('auth')
    expect(await rowsOf(text, 'auth_logs')).toBe(1)
    expect(await deadLettersOf(text)).toEqual([])
  })
})
