import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedRedis, startEmbeddedRedis } from '../../../load/test/embedded-redis.js'
import { TestStreams, testRedis } from '../../../load/test/test-streams.js'

let streams: TestStreams
beforeEach(async () => {
  streams = new TestStreams(testRedis())
  await streams.createGroups()
})

describe('publishing a batch', () => {
  it('adds it, registers it, and tells how deep both streams are', async () => {
    expect(await streams.publish('a')).toEqual([1, 1, 10])
    expect(await streams.publish('b')).toEqual([1, 2, 20])
    expect(await streams.state()).toEqual({ raw: 2, rows: 0, dead: 0, registered: 2, bytes: '20' })
  })

  it('again does nothing while it waits for a parser, is with one, or waits for an indexer', async () => {
    await streams.publish('a')
    expect(await streams.publish('a')).toEqual([0, 1, 10])
    const [id] = await streams.deliver('raw', 'parser')
    expect(await streams.publish('a')).toEqual([0, 1, 10])
    await streams.handOff(id!, 'a')
    expect(await streams.publish('a')).toEqual([0, 1, 30])
    expect(await streams.state()).toMatchObject({ raw: 0, rows: 1, registered: 1 })
  })

  it('again adds it when its entry is gone, although it is still registered', async () => {
    const { redis, keys } = streams
    await streams.publish('a')
    await redis.del(keys.raw)
    expect(await streams.publish('a')).toMatchObject([1, 1, expect.any(Number)])
    const [entry] = await redis.xrange(keys.raw, '-', '+')
    expect(Object.values(await redis.hgetall(keys.batches))).toEqual([`raw ${entry![0]}`])
  })

  it('again adds it when its registration makes no sense', async () => {
    const { redis, keys } = streams
    await streams.publish('a')
    const [hash] = await redis.hkeys(keys.batches)
    for (const nonsense of ['', 'raw', 'elsewhere 1-1', 'rows x-y']) {
      await redis.hset(keys.batches, hash!, nonsense)
      expect((await streams.publish('a'))[0]).toBe(1)
    }
  })
})

describe('a Redis whose memory is full', () => {
  let server: EmbeddedRedis
  beforeAll(async () => {
    server = await startEmbeddedRedis()
  })
  afterAll(() => server.stop())

  it('refuses what the reader publishes, and takes every step that empties it', async () => {
    const full = new TestStreams(testRedis(server.url))
    await full.createGroups()
    await full.publish('a')
    await full.publish('b')
    const [a, b] = await full.deliver('raw', 'parser')
    await full.redis.config('SET', 'maxmemory', 1)
    await expect(full.publish('c')).rejects.toThrow(/^OOM|maxmemory/)

    const { raw, rows, dead, batches, bytes } = full.keys
    expect(await full.handOff(a!, 'a')).toBe(1)
    expect(
      await full.redis.sluiceSetAside(raw, dead, batches, bytes, 'parsers', b!, 10, 'why', 'raw', 9),
    ).toBe(1)
    const [entry] = await full.deliver('rows', 'indexer')
    expect(await full.redis.sluiceRefresh(rows, 'indexers', 'indexer', entry!)).toBe(1)
    expect(await full.inStreams('a', 'b', 'c')).toEqual([1, 0, 0])
    expect(await full.acknowledge([entry!, 'a'])).toBe(1)
    expect(await full.redis.sluiceLeave(rows, 'indexers', 'indexer')).toBe(1)

    await full.redis.config('SET', 'maxmemory', 0)
    expect(await full.publish('c')).toEqual([1, 1, 10])
  })
})
