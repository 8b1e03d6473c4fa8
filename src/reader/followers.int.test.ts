import { rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testTelemetry } from '../../load/test/published-batches.js'
import { type TestLedger, testLedger } from '../../load/test/recorded-text.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { testKeyPrefix } from '../../load/test/test-database.js'
import { testRedis } from '../../load/test/test-streams.js'
import { createReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { Admission } from './admission.js'
import { CutScratch } from './cut-scratch.js'
import { FileWatch } from './file-watch.js'
import { Followers } from './followers.js'
import { KnownSources } from './known-sources.js'
import type { ReadMode } from './read-schedule.js'

let ledger: TestLedger
let directory: string
beforeAll(async () => {
  ledger = await testLedger()
})
beforeEach(async () => {
  directory = await temporaryDirectory()
})

const pathOf = (name: string): string => join(directory, name)

async function follow(mode: ReadMode): Promise<{ followers: Followers; watch: FileWatch }> {
  const redis = testRedis()
  const telemetry = createReaderTelemetry(testTelemetry(ledger))
  const stop = new AbortController().signal
  const pressure = { maxStreamBytes: 1e9, maxStreamEntries: 1e9, maxRedisMemoryPercent: 90 }
  const followers = new Followers({
    mode,
    limits: {
      mode,
      chunkBytes: 1000,
      chunkLines: 10,
      chunkMs: 0,
      partialLineMs: 60_000,
      recordWaitMs: 60_000,
    },
    follower: {
      ...{ ...ledger, redis, keyPrefix: testKeyPrefix(), telemetry, stop, mode },
      admission: new Admission({ redis, types: [], limits: pressure, telemetry, stop }),
      limits: { lines: 10, bytes: 1000, maxLineBytes: 1000 },
      sources: new KnownSources(ledger.pool),
    },
    telemetry,
  })
  const watch = new FileWatch(followers, { paths: [directory], mode, rescanMs: 1, pollMs: 1, telemetry })
  return { followers, watch }
}

async function put(...names: string[]): Promise<void> {
  for (const name of names) await writeFile(pathOf(name), `nobody knows ${directory} ${name}\n`)
}

/** Gives every file turns until none has anything to do. */
async function readAll(followers: Followers): Promise<void> {
  const scratch = new CutScratch(1000)
  for (let next = followers.takeTurn(); next !== undefined; next = followers.takeTurn()) {
    const follower = next
    await followers.keepBusy(follower, async () => {
      await follower.step({ final: false, recordFinal: false }, scratch)
    })
  }
}

describe('followers', () => {
  it('take turns', async () => {
    await put('a', 'b', 'c')
    const { followers, watch } = await follow('follow')
    await watch.search()
    const turns = Array.from({ length: 4 }, () => followers.takeTurn()?.file.path)
    expect(turns).toEqual(['a', 'b', 'c', 'a'].map(pathOf))
  })

  it('are each gone through once although turns are taken meanwhile', async () => {
    await put('a', 'b', 'c')
    const { followers, watch } = await follow('follow')
    await watch.search()
    const seen: string[] = []
    for (const { file } of followers.all) {
      seen.push(file.path)
      if (seen.length < 10) followers.takeTurn()
    }
    expect(seen).toEqual(['a', 'b', 'c'].map(pathOf))
  })

  it.each([
    ['follow', []],
    ['once', ['a']],
  ] as const)('set a file aside that cannot be read, in mode %s', async (mode, left) => {
    await put('a')
    const { followers, watch } = await follow(mode)
    await watch.search()
    await unlink(pathOf('a'))
    await readAll(followers)
    expect(followers.unreadable).toEqual([{ path: pathOf('a'), reason: 'ENOENT' }])
    expect(followers.all.map(({ file }) => file.path)).toEqual(left.map(pathOf))
    expect(followers.isDone).toBe(true)
  })

  it('pass on what no file is to blame for', async () => {
    await put('a')
    const { followers, watch } = await follow('follow')
    await watch.search()
    const [a] = followers.all
    await expect(followers.keepBusy(a!, () => Promise.reject(new Error('full')))).rejects.toThrow('full')
    expect(followers.all).toEqual([a])
    expect(a!.busy).toBe(false)
  })
})

describe('the watch', () => {
  it('shows a source under the new name of its file, and follows the new file under the old name', async () => {
    await put('a')
    const { followers, watch } = await follow('follow')
    await watch.search()
    await readAll(followers)
    const source = followers.all[0]!.source!
    await rename(pathOf('a'), pathOf('a.1'))
    await writeFile(pathOf('a'), 'another\n')
    await watch.search()
    expect(followers.all.map(({ file }) => file.path).sort()).toEqual(['a', 'a.1'].map(pathOf))
    expect(source.path).toBe(pathOf('a.1'))
    await Promise.all(followers.all.map(({ file }) => file.close()))
  })

  it('keeps a deleted file for as long as it is open, and lets go of one that is not', async () => {
    await put('a', 'b')
    const { followers, watch } = await follow('follow')
    await watch.search()
    await readAll(followers)
    const [a, b] = followers.all
    await b!.file.close()
    await Promise.all([unlink(pathOf('a')), unlink(pathOf('b'))])
    await watch.search()
    expect(followers.all).toEqual([a])
    await a!.file.close()
  })
})
