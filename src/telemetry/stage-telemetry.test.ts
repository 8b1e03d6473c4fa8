import { describe, expect, it } from 'vitest'
import type { LogLevel } from '../settings/declaration.js'
import { createIndexerTelemetry } from './indexer-telemetry.js'
import { createLogger } from './logger.js'
import { createParserTelemetry } from './parser-telemetry.js'
import { classifyPostgresError } from './postgres-error-class.js'
import { createReaderTelemetry } from './reader-telemetry.js'
import { createTelemetry } from './telemetry.js'

const identity = {
  logType: 'dns',
  source: 1,
  chunk: '2b1f3f3e-0000-8000-8000-000000000001',
  batch: 'ab'.repeat(32),
  traceId: '2b1f3f3e000080008000000000000001',
}

function setUp(level: LogLevel = 'info') {
  const clock = { ms: 1_700_000_000_000 }
  const lines: string[] = []
  const telemetry = createTelemetry({ logTypes: ['dns'], version: '0', processMetrics: false })
  const options = {
    metrics: telemetry.metrics,
    logger: createLogger(level, { write: (line) => lines.push(line) }),
    now: () => clock.ms,
  }
  async function value(series: string): Promise<number | undefined> {
    const text = await telemetry.metricsText()
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }
  return { clock, lines, options, value }
}

describe('reader events', () => {
  it('count chunks, lines by type and batches, new and published again', async () => {
    const { options, value, lines } = setUp()
    const reader = createReaderTelemetry(options)
    reader.chunkRecorded({
      ...{ source: 1, chunk: identity.chunk, traceId: identity.traceId },
      startOffset: 0,
      endOffset: 300,
      bytes: 300,
      linesByType: { dns: 2, unclassified: 1 },
      cutSeconds: 0.01,
      recordSeconds: 0.002,
    })
    const batch = { ...identity, spanId: 'a1', lines: 2, rawBytes: 200, compressedBytes: 90, seconds: 0.001 }
    reader.batchPublished({ ...batch, republished: false })
    reader.batchPublished({ ...batch, republished: true })
    expect(await value('sluice_reader_chunks_total')).toBe(1)
    expect(await value('sluice_reader_lines_total{log_type="dns"}')).toBe(2)
    expect(await value('sluice_reader_lines_total{log_type="unclassified"}')).toBe(1)
    expect(await value('sluice_reader_batches_published_total{log_type="dns"}')).toBe(1)
    expect(await value('sluice_reader_batches_republished_total{log_type="dns"}')).toBe(1)
    expect(await value('sluice_reader_compressed_bytes_total')).toBe(180)
    expect(await value('sluice_stage_duration_seconds_count{stage="reader",step="publish"}')).toBe(2)
    expect(lines).toEqual([])
  })

  it('count a pause while it lasts', async () => {
    const { clock, options, value } = setUp()
    const reader = createReaderTelemetry(options)
    const seconds = 'sluice_reader_backpressure_seconds_total{cause="bytes"}'
    const active = 'sluice_reader_backpressure_active{cause="bytes"}'
    reader.resumed('bytes')
    reader.paused('bytes')
    clock.ms += 2000
    reader.paused('bytes')
    expect([await value(seconds), await value(active)]).toEqual([2, 1])
    clock.ms += 500
    reader.resumed('bytes')
    reader.resumed('bytes')
    expect([await value(seconds), await value(active)]).toEqual([2.5, 0])
  })

  it('count an outage as a pause, until every service is back', async () => {
    const { clock, options, value } = setUp()
    const reader = createReaderTelemetry(options)
    const seconds = 'sluice_reader_backpressure_seconds_total{cause="outage"}'
    const active = 'sluice_reader_backpressure_active{cause="outage"}'
    reader.redisRecovered()
    expect([await value(seconds), await value(active)]).toEqual([0, 0])
    reader.redisOutage({ message: 'refused', retryInMs: 100 })
    clock.ms += 1000
    reader.postgresOutage({ sqlstate: 'connection', message: 'refused', retryInMs: 100 })
    reader.redisRecovered()
    expect([await value(seconds), await value(active)]).toEqual([1, 1])
    clock.ms += 2000
    reader.postgresRecovered()
    expect([await value(seconds), await value(active)]).toEqual([3, 0])
  })

  it('forget what a process waited for that has ended', async () => {
    const { options, value, lines } = setUp()
    const indexer = createIndexerTelemetry(options)
    indexer.redisOutage({ message: 'refused', retryInMs: 100 })
    indexer.postgresOutage({ sqlstate: 'connection', message: 'refused', retryInMs: 100 })
    const active = (service: string) => value(`sluice_outage_active{stage="indexer",service="${service}"}`)
    expect([await active('redis'), await active('postgres')]).toEqual([1, 1])
    indexer.waitingEnded()
    expect([await active('redis'), await active('postgres')]).toEqual([0, 0])
    indexer.redisRecovered()
    expect(lines.join('')).not.toContain('can be used again')
  })

  it('show what the last sweep found', async () => {
    const { options, value } = setUp()
    const reader = createReaderTelemetry(options)
    expect(await value('sluice_reader_stuck_chunks')).toBe(undefined)
    reader.swept({ incompleteChunks: 7, stuckChunks: 2 })
    reader.swept({ incompleteChunks: 3, stuckChunks: 0 })
    expect(await value('sluice_reader_incomplete_chunks')).toBe(3)
    expect(await value('sluice_reader_stuck_chunks')).toBe(0)
  })

  it('log an unreadable file once in a while, and count every attempt', async () => {
    const { options, value, lines } = setUp()
    const reader = createReaderTelemetry(options)
    for (let i = 0; i < 50; i += 1) reader.sourceUnreadable({ path: '/a.log', reason: 'EACCES' })
    reader.sourceUnreadable({ path: '/b.log', reason: 'EACCES' })
    expect(lines).toHaveLength(2)
    expect(await value('sluice_reader_sources_unreadable_total')).toBe(51)
  })
})

describe('parser events', () => {
  it('count what became of lines and batches', async () => {
    const { options, value, lines } = setUp()
    const parser = createParserTelemetry(options)
    parser.batchesRead({ logType: 'dns', batches: 4 })
    parser.claimed({ logType: 'dns', batches: 2 })
    parser.batchParsed({
      ...identity,
      ...{
        spanId: 'b2',
        deliveries: 1,
        lines: 10,
        rows: 9,
        deadLetters: 1,
        undeclaredRows: 3,
        seconds: 0.01,
      },
    })
    parser.handOffLost({ ...identity, entryId: '1-1' })
    parser.entrySetAside({ logType: 'dns', entryId: '1-2', reason: 'checksum' })
    parser.poisonBatch({ ...identity, entryId: '1-3', lines: 5, deliveries: 6 })
    expect(await value('sluice_deliveries_total{stage="parser",log_type="dns"}')).toBe(6)
    expect(await value('sluice_claims_total{stage="parser",log_type="dns"}')).toBe(2)
    expect(await value('sluice_parser_lines_total{log_type="dns",outcome="dead_letter"}')).toBe(1)
    expect(await value('sluice_parser_undeclared_rows_total{log_type="dns"}')).toBe(3)
    expect(await value('sluice_parser_handoffs_lost_total')).toBe(1)
    expect(await value('sluice_entries_set_aside_total{log_type="dns"}')).toBe(1)
    expect(await value('sluice_parser_poison_batches_total{log_type="dns"}')).toBe(1)
    expect(lines).toHaveLength(4)
  })
})

describe('indexer events', () => {
  const committed = {
    logType: 'dns',
    committed: [0.4, 0.6].map((readToCommitSeconds) => ({
      ...identity,
      ...{ rows: 5, deadLetters: 1, readToCommitSeconds },
    })),
    rows: 9,
    deadLetters: { no_match: 1, bad_timestamp: 2 },
    transactionSeconds: 0.1,
    copySeconds: 0.05,
  }

  it('count rows, dead letters by reason and batches of a commit', async () => {
    const { options, value } = setUp()
    const indexer = createIndexerTelemetry(options)
    indexer.transactionCommitted(committed)
    indexer.transactionCommitted({ ...committed, transactionSeconds: undefined, copySeconds: undefined })
    indexer.duplicateBatch({ ...identity, entryId: '1-1' })
    indexer.staleBatch({ ...identity, entryId: '1-2' })
    expect(await value('sluice_indexer_rows_total{log_type="dns"}')).toBe(18)
    expect(await value('sluice_indexer_dead_letters_total{log_type="dns",reason="bad_timestamp"}')).toBe(4)
    expect(await value('sluice_indexer_batches_total{log_type="dns",outcome="committed"}')).toBe(4)
    expect(await value('sluice_indexer_batches_total{log_type="dns",outcome="duplicate"}')).toBe(1)
    expect(await value('sluice_indexer_batches_total{log_type="dns",outcome="stale"}')).toBe(1)
    expect(await value('sluice_indexer_transactions_total{outcome="committed"}')).toBe(1)
    expect(await value('sluice_read_to_commit_seconds_count')).toBe(4)
  })

  it('count builds of indexes by outcome, show what lacks some, and log failures only', async () => {
    const { options, value, lines } = setUp()
    const indexer = createIndexerTelemetry(options)
    expect(await value('sluice_unindexed_partitions{log_type="dns"}')).toBe(undefined)
    indexer.indexesLacking({ logType: 'dns', partitions: 3, bytes: 8192 })
    const build = { logType: 'dns', partition: 'dns_logs_20240115' }
    indexer.indexesBuilt({ ...build, indexes: 2, bytes: 8192, seconds: 0.2, how: 'at-once' })
    indexer.indexBuildPostponed({ ...build, retryInMs: 1000 })
    const error = new Error('disk full')
    for (let i = 0; i < 5; i += 1) {
      indexer.indexBuildFailed({ ...build, sqlstate: '53100', error, retryInMs: 5000 })
    }
    expect(await value('sluice_unindexed_partitions{log_type="dns"}')).toBe(3)
    expect(await value('sluice_unindexed_bytes{log_type="dns"}')).toBe(8192)
    const builds = (outcome: string) =>
      value(`sluice_index_builds_total{log_type="dns",outcome="${outcome}"}`)
    expect([await builds('built'), await builds('postponed'), await builds('failed')]).toEqual([1, 1, 5])
    expect(await value('sluice_index_build_seconds_sum')).toBe(0.2)
    expect(await value('sluice_indexer_postgres_errors_total{class="resources"}')).toBe(5)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ ...build, sqlstate: '53100', level: 'error' })
  })

  it('show the newest event, whatever comes later, and not one from the future', async () => {
    const { clock, options, value } = setUp()
    const indexer = createIndexerTelemetry(options)
    for (const newestEventMs of [clock.ms - 5000, clock.ms - 9000, clock.ms + 86_400_000]) {
      indexer.transactionCommitted({ ...committed, newestEventMs })
    }
    expect(await value('sluice_indexer_last_event_time_seconds')).toBe(clock.ms / 1000 - 5)
  })

  it('count errors of PostgreSQL by kind, and log an outage once in a while and its end once', async () => {
    const { clock, options, value, lines } = setUp()
    const indexer = createIndexerTelemetry(options)
    const active = 'sluice_outage_active{stage="indexer",service="postgres"}'
    indexer.postgresRecovered()
    for (let i = 0; i < 20; i += 1) {
      indexer.postgresOutage({ sqlstate: 'connection', message: 'refused', retryInMs: 100 })
      clock.ms += 100
    }
    expect(await value(active)).toBe(1)
    indexer.postgresRecovered()
    indexer.postgresRecovered()
    expect(await value(active)).toBe(0)
    expect(await value('sluice_outages_total{stage="indexer",service="postgres"}')).toBe(1)
    expect(await value('sluice_indexer_postgres_errors_total{class="connection"}')).toBe(20)
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([
      'PostgreSQL cannot be used; waiting for it.',
      'PostgreSQL can be used again.',
    ])
    expect(JSON.parse(lines[1]!)).toMatchObject({ stage: 'indexer', outageSeconds: 2 })
  })

  it('log a failed loop with its error, and take an offset of any size', async () => {
    const { options, value, lines } = setUp()
    const indexer = createIndexerTelemetry(options)
    indexer.loopFailed({ loop: 'claim', error: new TypeError('x is undefined'), retryInMs: 1000 })
    indexer.rowRefused({ ...identity, sqlstate: '22021', lineOffset: 2n ** 40n })
    expect(await value('sluice_loop_failures_total{stage="indexer"}')).toBe(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ loop: 'claim', error: { type: 'TypeError' } })
    expect(JSON.parse(lines[1]!)).toMatchObject({ lineOffset: 2 ** 40 })
  })
})

describe('classifyPostgresError', () => {
  it.each([
    ['connection', 'connection'],
    ['08006', 'connection'],
    ['53100', 'resources'],
    ['57P01', 'operator'],
    ['57014', 'cancelled'],
    ['40P01', 'conflict'],
    ['55P03', 'lock'],
    ['25006', 'read_only'],
    ['22021', 'data'],
    ['42P01', 'schema'],
    ['42501', 'permission'],
    ['XX000', 'other'],
    ['', 'other'],
  ])('%s → %s', (sqlstate, label) => {
    expect(classifyPostgresError(sqlstate)).toBe(label)
  })
})

describe('events of batches', () => {
  it('have the same names for the same things in all stages', () => {
    const { lines, options } = setUp('debug')
    const reader = createReaderTelemetry(options)
    const parser = createParserTelemetry(options)
    const indexer = createIndexerTelemetry(options)
    const seconds = 0.1
    const sizes = { lines: 2, rawBytes: 200, compressedBytes: 90 }
    reader.batchPublished({ ...identity, ...sizes, spanId: 'a1', republished: false, seconds })
    const parsed = { spanId: 'b2', deliveries: 1, lines: 2, rows: 2, deadLetters: 0, undeclaredRows: 0 }
    parser.batchParsed({ ...identity, ...parsed, parentSpanId: 'a1', seconds })
    parser.batchHandedOver({ ...identity, parentSpanId: 'a1', seconds })
    const committed = { ...identity, parentSpanId: 'b2', rows: 2, deadLetters: 0, readToCommitSeconds: 1 }
    indexer.transactionCommitted({ logType: 'dns', rows: 2, deadLetters: {}, committed: [committed] })
    const entries = lines.map((line): Record<string, unknown> => JSON.parse(line))
    expect(entries.map(({ message }) => message)).toEqual([
      'A batch was published.',
      'A batch was parsed.',
      'A parsed batch was handed over.',
      'A batch was committed.',
      'A transaction was committed.',
    ])
    for (const entry of entries.slice(0, 4)) expect(entry).toMatchObject(identity)
  })
})
