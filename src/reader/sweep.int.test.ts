import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { testTelemetry } from '../../load/test/published-batches.js'
import {
  type CutText,
  commitText,
  lines,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from '../../load/test/recorded-text.js'
import { testKeyPrefix } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { createRegistry } from '../log-types/create-registry.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { typeKeys } from '../streams/keys.js'
import { openRaw } from '../streams/raw-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { traceIdOf } from '../streams/trace-context.js'
import { createReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { Admission } from './admission.js'
import type { Content } from './content.js'
import { CutScratch } from './cut-scratch.js'
import { type SweepResult, sweep } from './republisher.js'

let ledger: TestLedger
let redis: ScriptedRedis
let prefix: string
/** By source: what its file holds at present. */
let files: Map<string, string>
beforeAll(async () => {
  ledger = await testLedger()
  redis = testRedis()
})
beforeEach(() => {
  prefix = testKeyPrefix()
  files = new Map()
})

async function record(...texts: string[]): Promise<CutText> {
  const text = await recordText(ledger, textOf(...texts))
  files.set(text.chunk.sourceUuid, textOf(...texts))
  return text
}

function contentOf(text: string): Content {
  const bytes = Buffer.from(text)
  return {
    compressed: false,
    damage: undefined,
    read: async (buffer, at, until, offset) => bytes.copy(buffer, at, offset, offset + until - at),
    close: async () => {},
  }
}

interface Swept extends SweepResult {
  readonly told: readonly string[]
}

async function sweepAll(
  texts: readonly CutText[],
  changed: { registry?: LogTypeRegistry; graceMs?: number; maxPublishings?: number } = {},
): Promise<Swept> {
  const stop = new AbortController().signal
  const told: string[] = []
  const telemetry = {
    ...createReaderTelemetry(testTelemetry(ledger)),
    stuckChunk: () => told.push('stuck'),
    sourceMissing: () => told.push('source missing'),
    declarationsChanged: () => told.push('declarations changed'),
  }
  const limits = { maxStreamBytes: 1e9, maxStreamEntries: 1e9, maxRedisMemoryPercent: 90 }
  const result = await sweep(
    texts.map(({ chunk }) => chunk.sourceUuid),
    async (uuid, _end, work) => {
      const text = files.get(uuid)
      if (text === undefined) return false
      await work(contentOf(text))
      return true
    },
    new CutScratch(1024),
    {
      pool: ledger.pool,
      redis,
      keyPrefix: prefix,
      registry: ledger.registry,
      admission: new Admission({ redis, types: [], limits, telemetry, stop }),
      telemetry,
      stop,
      limits: { lines: 1, bytes: 1, maxLineBytes: 65_536 },
      graceMs: 0,
      maxPublishings: 3,
      ...changed,
    },
  )
  return { ...result, told }
}

const commit = (text: CutText, logType: string) => commitText(ledger, text, logType)
const published = async (...logTypes: string[]) =>
  Promise.all(logTypes.map((logType) => redis.xlen(typeKeys(prefix, logType).raw)))

describe('a sweep', () => {
  it('publishes what is in no stream and not in the ledger, exactly as it was recorded', async () => {
    const text = await record(lines.dns(1), lines.auth(2), 'nobody')
    expect(await sweepAll([text])).toEqual({
      incompleteChunks: 1,
      republishedChunks: 1,
      stuckChunks: 0,
      told: [],
    })
    expect(await published('dns', 'auth', 'unclassified')).toEqual([1, 1, 1])
    const hashes = await Promise.all(
      ['dns', 'auth', 'unclassified'].map((logType) => redis.hkeys(typeKeys(prefix, logType).batches)),
    )
    expect(hashes.flat()).toEqual(
      ['dns', 'auth', 'unclassified'].map((logType) => text.chunk.batches[logType]!.hash),
    )
  })

  it('gives what it publishes the same trace id every time, and another span', async () => {
    const text = await record(lines.dns(1))
    const keys = typeKeys(prefix, 'dns')
    const traceparents: string[] = []
    for (let n = 0; n < 2; n++) {
      await sweepAll([text])
      const [[, fields]] = (await redis.xrangeBuffer(keys.raw, '-', '+')) as [[Buffer, Buffer[]]]
      traceparents.push(openRaw(fields, 'dns').meta.traceparent!)
      await redis.del(keys.raw)
    }
    const traceId = traceIdOf(text.chunk.id)
    expect(traceparents.map((one) => one.slice(0, 36))).toEqual([`00-${traceId}-`, `00-${traceId}-`])
    expect(traceparents[0]).not.toBe(traceparents[1])
  })

  it('leaves alone what is in a stream', async () => {
    const text = await record(lines.dns(1), lines.auth(2))
    await sweepAll([text])
    expect(await sweepAll([text])).toMatchObject({ incompleteChunks: 1, republishedChunks: 0 })
    await redis.del(typeKeys(prefix, 'dns').raw)
    expect(await sweepAll([text])).toMatchObject({ republishedChunks: 1 })
    expect(await published('dns', 'auth')).toEqual([1, 1])
  })

  it('publishes all that Redis has lost, and nothing that is committed', async () => {
    const [half, whole] = [await record(lines.dns(1), lines.auth(2)), await record(lines.dns(3))]
    await sweepAll([half, whole])
    await commit(half, 'auth')
    await commit(whole, 'dns')
    for (const logType of ['dns', 'auth']) {
      const keys = typeKeys(prefix, logType)
      await redis.del(keys.raw, keys.batches, keys.bytes)
    }
    expect(await sweepAll([half, whole])).toMatchObject({ incompleteChunks: 1, republishedChunks: 1 })
    expect(await published('dns', 'auth')).toEqual([1, 0])
  })

  it('finds nothing to do once all has arrived', async () => {
    const text = await record(lines.dns(1))
    await commit(text, 'dns')
    expect(await sweepAll([text])).toMatchObject({ incompleteChunks: 0, republishedChunks: 0 })
  })

  it('looks at the sources that it is asked about only, and not before the grace is over', async () => {
    const text = await record(lines.dns(1))
    expect(await sweepAll([])).toMatchObject({ incompleteChunks: 0 })
    expect(await sweepAll([text], { graceMs: 60_000 })).toMatchObject({
      incompleteChunks: 1,
      republishedChunks: 0,
    })
    expect(await published('dns')).toEqual([0])
  })

  it('says once that a chunk does not arrive however often it is published, and goes on', async () => {
    const text = await record(lines.dns(1))
    const results: Swept[] = []
    for (let n = 0; n < 5; n++) {
      results.push(await sweepAll([text]))
      await redis.del(typeKeys(prefix, 'dns').raw)
    }
    expect(results.map(({ told }) => told)).toEqual([[], [], ['stuck'], [], []])
    expect(results.map(({ stuckChunks }) => stuckChunks)).toEqual([0, 0, 0, 1, 1])
    expect(results.every(({ republishedChunks }) => republishedChunks === 1)).toBe(true)
  })

  it('says when no file has the content any more, and publishes nothing else for it', async () => {
    const [gone, replaced, shorter] = [
      await record(lines.dns(1)),
      await record(lines.dns(2)),
      await record(lines.dns(3), lines.dns(4)),
    ]
    files.delete(gone.chunk.sourceUuid)
    files.set(replaced.chunk.sourceUuid, textOf(lines.dns(22)))
    files.set(shorter.chunk.sourceUuid, textOf(lines.dns(3)))
    const result = await sweepAll([gone, replaced, shorter])
    expect(result).toMatchObject({ incompleteChunks: 3, republishedChunks: 0, stuckChunks: 3 })
    expect(result.told).toEqual(['source missing'])
    expect(await published('dns')).toEqual([0])
  })

  it('comes to every chunk although hundreds before it have no file any more', async () => {
    const gone = await record(lines.dns(1))
    files.delete(gone.chunk.sourceUuid)
    await ledger.pool.query(
      `INSERT INTO sluice.chunks (chunk_id, source_id, start_offset, end_offset, lines, content_sha256, batches)
       SELECT gen_random_uuid(), source_id, n * 1000, (n + 1) * 1000, 1, content_sha256,
              jsonb_build_object('dns', jsonb_build_object('hash', md5(n::text) || md5(source_id::text), 'lines', 1))
         FROM sluice.chunks, generate_series(1, 600) AS n WHERE chunk_id = $1`,
      [gone.chunk.id],
    )
    const present = await record(lines.auth(2))
    await pollUntil(
      'the chunk with a file is published',
      async () => (await sweepAll([gone, present])).republishedChunks === 1,
      { intervalMs: 1 },
    )
    expect(await published('auth')).toEqual([1])
    // Counted all, though a sweep looks at some of them only.
    expect(await sweepAll([gone, present])).toMatchObject({ incompleteChunks: 602 })
    await ledger.pool.query(
      'UPDATE sluice.chunks SET publishings_again = 3, published_again_at = now() WHERE source_id = $1',
      [gone.chunk.sourceId],
    )
    expect(await sweepAll([gone, present], { graceMs: 60_000 })).toMatchObject({ stuckChunks: 601 })
  })

  it('cuts by the declarations of today where nothing is committed yet, and not where something is', async () => {
    const [fresh, begun] = [
      await record(lines.dns(1), lines.auth(2)),
      await record(lines.dns(3), lines.auth(4)),
    ]
    await commit(begun, 'dns')
    const withoutAuth = createRegistry(ledger.registry.types.filter(({ name }) => name !== 'auth'))
    const result = await sweepAll([fresh, begun], { registry: withoutAuth })
    expect(result).toMatchObject({ incompleteChunks: 2, republishedChunks: 1, stuckChunks: 1 })
    expect(result.told).toEqual(['declarations changed'])
    expect(await published('dns', 'auth', 'unclassified')).toEqual([1, 0, 1])
    expect((await commit(fresh, 'auth')).outcomes.get(fresh.chunk.batches.auth!.hash)).toBe('stale')
  })
})
