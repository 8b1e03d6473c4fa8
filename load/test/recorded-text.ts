import { createHash, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type pg from 'pg'
import { afterAll } from 'vitest'
import { migrateSchema } from '../../src/app/schema.js'
import { type Batch, type Commit, commitBatches } from '../../src/indexer/commit.js'
import { hashLines } from '../../src/indexer/line-hashes.js'
import { type Chunk, recordChunk } from '../../src/ledger/chunks.js'
import { createSource, type Source } from '../../src/ledger/sources.js'
import type { LogTypeRegistry } from '../../src/log-types/log-type.js'
import { loadLogTypes } from '../../src/log-types/registry.js'
import { describeParsed, ParseBuffers, parseBatch } from '../../src/parser/parse-batch.js'
import { createPool } from '../../src/postgres/pool.js'
import type { CutChunk } from '../../src/reader/chunk-builder.js'
import { cutChunk } from '../../src/reader/chunk-cutter.js'
import { describeChunk } from '../../src/reader/chunk-recording.js'
import type { Content } from '../../src/reader/content.js'
import { CutScratch } from '../../src/reader/cut-scratch.js'
import { compressBlock } from '../../src/streams/compression.js'
import type { BatchMeta } from '../../src/streams/envelope.js'
import { testDatabase } from './test-database.js'

const pools: pg.Pool[] = []
afterAll(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()))
})

/** A pool with short bounds, ended after the last test of the file. */
export function testPool(databaseUrl: string): pg.Pool {
  const pool = createPool({
    url: databaseUrl,
    statementTimeoutMs: 30_000,
    lockTimeoutMs: 10_000,
    idleInTransactionTimeoutMs: 10_000,
    maxConnections: 6,
    applicationName: 'sluice-test',
  })
  pools.push(pool)
  return pool
}

export interface TestLedger {
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
}

/** An empty ledger with the tables of the declared types, in a database of its own. */
export async function testLedger(declarations = 'config/log-types'): Promise<TestLedger> {
  const pool = testPool(await testDatabase())
  const registry = await loadLogTypes(declarations)
  await migrateSchema(pool, registry.types)
  return { pool, registry }
}

export async function newSource({ pool }: TestLedger, path = '/logs/some.log'): Promise<Source> {
  const head = { bytes: 36, sha256: createHash('sha256').update(randomUUID()).digest() }
  const source = await createSource(pool, path, [head], head, new Set())
  if (source === undefined) throw new Error('a source with a random head was there already')
  return source
}

/** A chunk as the reader makes it. */
export interface CutText {
  readonly chunk: Chunk
  readonly cut: CutChunk
}

/** Cuts all of `text` into one chunk that begins at `start` of the source. */
export async function cutText(
  { registry }: TestLedger,
  source: Source,
  text: string,
  start = 0,
): Promise<CutText> {
  const bytes = Buffer.from(text)
  const content: Content = {
    compressed: false,
    damage: undefined,
    read: async (buffer, at, until, offset) =>
      bytes.copy(buffer, at, offset - start, offset - start + until - at),
    close: async () => {},
  }
  const limits = { lines: 1e9, bytes: 1e9, maxLineBytes: 65_536 }
  const request = { start, startsOnLine: true, takePartial: true }
  const cut = await cutChunk(content, request, limits, registry, new CutScratch(limits.maxLineBytes))
  if (cut === undefined) throw new Error('expected a text with a line')
  return { chunk: describeChunk(source, cut, fileTimeMs), cut }
}

/** When the files of these texts were written last. */
const fileTimeMs = Date.UTC(2024, 0, 15)

/** Cuts and records a text; without a source, as all of a new one. */
export async function recordText(
  ledger: TestLedger,
  text: string,
  source?: Source,
  start = 0,
): Promise<CutText> {
  const made = await cutText(ledger, source ?? (await newSource(ledger)), text, start)
  if (!(await recordChunk(ledger.pool, made.chunk))) throw new Error(`the chunk at ${start} was not recorded`)
  return made
}

export function batchMeta({ chunk, cut }: CutText, logType: string): BatchMeta {
  const batch = chunk.batches[logType]
  const body = cut.bodies.get(logType)?.body
  if (batch === undefined || body === undefined) throw new Error(`the text has no ${logType} line`)
  return {
    v: 2,
    logType,
    hash: batch.hash,
    chunk: chunk.id,
    sourceId: chunk.sourceId,
    sourceUuid: chunk.sourceUuid,
    start: chunk.start,
    end: chunk.end,
    lines: batch.lines,
    content: chunk.contentSha256.toString('hex'),
    bodyBytes: body.length,
    bodyCrc32: crc32(compressBlock(body)),
    cutAtMs: Date.now(),
  }
}

export interface ParsedText extends Batch {
  readonly meta: Batch['meta'] & BatchMeta
}

/** A batch of the text as the parser hands it over, uncompressed. */
export function parsedBatch({ registry }: TestLedger, text: CutText, logType: string): ParsedText {
  const meta = batchMeta(text, logType)
  const type = registry.byName(logType)
  const parsed = parseBatch(text.cut.bodies.get(logType)!.body, meta, type, new ParseBuffers())
  const lineHashes =
    type?.dedup === 'record' ? hashLines(text.cut.bodies.get(logType)!.body, meta) : undefined
  return {
    meta: { ...meta, ...describeParsed(parsed, type) },
    rows: parsed.rows,
    dead: parsed.dead,
    lineHashes,
  }
}

/** Commits a text's batch of one type as the indexer does. */
export function commitText(ledger: TestLedger, text: CutText, logType: string): Promise<Commit> {
  return commitBatches(ledger.pool, ledger.registry.byName(logType), [parsedBatch(ledger, text, logType)])
}

/** Lines of the built-in types, `n` seconds after 2024-01-15T00:00:00Z. */
export const lines = {
  firewall: (n = 0, more = '') =>
    `${at(n)}|action=accept|src=10.0.0.1|dst=10.0.0.2|proto=TCP|bytes_sent=${n}${more}`,
  dns: (n = 0) => `${at(n)} client 10.0.0.1 query: example.com IN A + (10.0.0.2) NOERROR`,
  auth: (n = 0) => `${at(n)} host1 sshd[42]: Accepted password for root from 10.0.0.1 port 22 ssh2`,
}

function at(seconds: number): string {
  return new Date(Date.UTC(2024, 0, 15) + seconds * 1000).toISOString()
}

/** Several lines as the text of a file. */
export function textOf(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
