import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { newSource, type TestLedger, testLedger } from '../../load/test/recorded-text.js'
import { selectPathsOfSource, selectVerifiedFile, statKey, upsertFile } from './files.js'
import {
  createSource,
  type HeadFingerprint,
  selectCandidates,
  selectHeadLengths,
  selectSource,
  selectSources,
  updateSeen,
} from './sources.js'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
})

const head = (text: string): HeadFingerprint => ({
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest(),
})
const create = (path: string, heads: HeadFingerprint[], seen: string[] = []) =>
  createSource(ledger.pool, path, heads, heads.at(-1)!, new Set(seen))

describe('a source', () => {
  it('is made once although several readers find the same new file at the same time', async () => {
    const heads = [head(randomUUID())]
    const made = await Promise.all(Array.from({ length: 6 }, (_, i) => create(`/logs/${i}`, heads)))
    expect(made.filter((source) => source !== undefined)).toHaveLength(1)
    expect(await selectCandidates(ledger.pool, heads)).toHaveLength(1)
  })

  it('is not made when the file could be one that appeared since, whatever was fingerprinted of that', async () => {
    const text = randomUUID()
    const tiny = await create('/logs/tiny', [head(text.slice(0, 5))])
    const heads = [head(text.slice(0, 5)), head(text)]
    expect(await create('/logs/longer', heads)).toBeUndefined()
    const longer = await create('/logs/longer', heads, [tiny!.uuid])
    expect(longer?.uuid).not.toBe(tiny?.uuid)
    expect((await selectCandidates(ledger.pool, heads)).map(({ uuid }) => uuid).sort()).toEqual(
      [tiny!.uuid, longer!.uuid].sort(),
    )
    expect(await selectHeadLengths(ledger.pool)).toEqual(expect.arrayContaining([5, 36]))
  })

  it('comes first among candidates when most of it is recorded', async () => {
    const heads = [head(randomUUID())]
    const short = await create('/a', heads)
    const longest = await create('/b', heads, [short!.uuid])
    await ledger.pool.query('UPDATE sluice.sources SET recorded_bytes = 10 WHERE source_uuid = $1', [
      longest!.uuid,
    ])
    expect((await selectCandidates(ledger.pool, heads)).map(({ path }) => path)).toEqual(['/b', '/a'])
  })

  it('is found by its uuid, with where it was seen last', async () => {
    const source = await newSource(ledger, '/before')
    await updateSeen(ledger.pool, source.id, '/after', 100)
    expect(await selectSource(ledger.pool, source.uuid)).toEqual({ ...source, path: '/after' })
    expect(await selectSources(ledger.pool, [source.uuid, randomUUID()])).toHaveLength(1)
    expect(await selectSource(ledger.pool, randomUUID())).toBeUndefined()
    await updateSeen(ledger.pool, source.id, '/after', null)
    const size = await ledger.pool.query('SELECT size_bytes FROM sluice.sources WHERE source_id = $1', [
      source.id,
    ])
    expect(size.rows[0].size_bytes).toBe('100')
  })
})

describe('a file', () => {
  const key = statKey({ device: 1n, inode: 2n ** 63n, sizeBytes: 3n, modifiedNs: 4n })

  it('is known as long as it is unchanged', async () => {
    const source = await newSource(ledger)
    const file = { path: `/${randomUUID()}`, sourceId: source.id, statKey: key, verifiedBytes: 77 }
    expect(await selectVerifiedFile(ledger.pool, file.path, key)).toBeUndefined()
    await upsertFile(ledger.pool, file)
    expect(await selectVerifiedFile(ledger.pool, file.path, key)).toEqual({ source, verifiedBytes: 77 })
    expect(await selectVerifiedFile(ledger.pool, file.path, `${key}0`)).toBeUndefined()
    await upsertFile(ledger.pool, { ...file, statKey: 'changed', verifiedBytes: 78 })
    expect(await selectVerifiedFile(ledger.pool, file.path, key)).toBeUndefined()
    expect((await selectVerifiedFile(ledger.pool, file.path, 'changed'))?.verifiedBytes).toBe(78)
  })

  it('leads to its source under every path that it was seen at', async () => {
    const source = await newSource(ledger, '/original')
    await upsertFile(ledger.pool, { path: '/a copy', sourceId: source.id, statKey: key, verifiedBytes: 1 })
    expect((await selectPathsOfSource(ledger.pool, source.id)).sort()).toEqual(['/a copy', '/original'])
  })
})
