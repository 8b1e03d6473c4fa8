import { beforeEach, describe, expect, it } from 'vitest'
import { hashOf, TestStreams, testRedis } from '../../../load/test/test-streams.js'
import { indexersGroup, parsersGroup } from '../keys.js'

let streams: TestStreams
beforeEach(async () => {
  streams = new TestStreams(testRedis())
  await streams.createGroups()
})

async function published(...names: string[]): Promise<string[]> {
  for (const name of names) await streams.publish(name)
  return streams.deliver('raw', 'parser')
}

async function handedOver(...names: string[]): Promise<string[]> {
  const ids = await published(...names)
  for (const [index, name] of names.entries()) await streams.handOff(ids[index]!, name)
  return streams.deliver('rows', 'indexer')
}

describe('the hand-off', () => {
  it('moves a batch from raw to rows, with its registration and its bytes', async () => {
    const { redis, keys } = streams
    const [id] = await published('a', 'b')
    expect(await streams.handOff(id!, 'a')).toBe(1)
    expect(await streams.state()).toEqual({ raw: 1, rows: 1, dead: 0, registered: 2, bytes: '40' })
    const [[rowsId, fields]] = (await redis.xrange(keys.rows, '-', '+')) as [[string, string[]]]
    expect(fields).toEqual(['meta', 'meta567890', 'rows', 'rows5', 'dead', 'dead567890', 'body', 'body5'])
    expect(await redis.hget(keys.batches, hashOf('a'))).toBe(`rows ${rowsId}`)
    expect((await redis.xpending(keys.raw, parsersGroup))[0]).toBe(1)
  })

  it('happens once, whoever tries again', async () => {
    const [id] = await published('a')
    expect(await streams.handOff(id!, 'a')).toBe(1)
    const before = await streams.state()
    expect(await streams.handOff(id!, 'a')).toBe(0)
    expect(await streams.state()).toEqual(before)
  })

  it('of a parser that was stopped is dropped once the claimant has handed over', async () => {
    const { redis, keys } = streams
    const [id] = await published('a')
    await redis.xclaim(keys.raw, parsersGroup, 'claimant', 0, id!)
    expect(await streams.handOff(id!, 'a')).toBe(1)
    await streams.deliver('rows', 'indexer')
    const before = await streams.state()
    expect(await streams.handOff(id!, 'a')).toBe(0)
    expect(await streams.state()).toEqual(before)
  })

  it('of an entry that was never delivered does nothing', async () => {
    await streams.publish('a')
    const [entry] = await streams.redis.xrange(streams.keys.raw, '-', '+')
    expect(await streams.handOff(entry![0], 'a')).toBe(0)
    expect(await streams.state()).toMatchObject({ raw: 1, rows: 0 })
  })
})

describe('acknowledging', () => {
  it('removes the entries and what is known of them, and the counter with the last of them', async () => {
    const [a, b] = await handedOver('a', 'b')
    expect(await streams.acknowledge([a!, 'a'])).toBe(1)
    expect(await streams.state()).toEqual({ raw: 0, rows: 1, dead: 0, registered: 1, bytes: '30' })
    expect(await streams.acknowledge([b!, 'b'])).toBe(1)
    expect(await streams.state()).toEqual({ raw: 0, rows: 0, dead: 0, registered: 0, bytes: null })
  })

  it('twice, or what somebody else acknowledged, does nothing', async () => {
    const [a, b] = await handedOver('a', 'b')
    expect(await streams.acknowledge([a!, 'a'], [a!, 'a'])).toBe(1)
    expect(await streams.acknowledge([a!, 'a'])).toBe(0)
    expect(await streams.state()).toMatchObject({ rows: 1, registered: 1, bytes: '30' })
    expect(await streams.acknowledge([b!, 'b'])).toBe(1)
  })

  it('does not forget the same batch that was published anew meanwhile', async () => {
    const { redis, keys } = streams
    const [a] = await handedOver('a')
    await redis.hdel(keys.batches, hashOf('a'))
    await streams.publish('a')
    expect(await streams.acknowledge([a!, 'a'])).toBe(1)
    expect(await streams.inStreams('a')).toEqual([1])
  })

  it('keeps no counter that is wrong: it ends with the last entry', async () => {
    const [a] = await handedOver('a')
    await streams.redis.incrby(streams.keys.bytes, 12_345)
    await streams.acknowledge([a!, 'a'])
    expect((await streams.state()).bytes).toBeNull()
  })
})

describe('setting an entry aside', () => {
  const setAside = (stream: 'raw' | 'rows', id: string, bytes: number, keep = 1000, ...fields: string[]) => {
    const { redis, keys } = streams
    const group = stream === 'raw' ? parsersGroup : indexersGroup
    const { dead, batches } = keys
    return redis.sluiceSetAside(
      ...[keys[stream], dead, batches, keys.bytes, group, id, bytes, 'corrupt', stream, keep],
      ...fields,
    )
  }

  it('moves it whole to the dead stream, so that its batch is in no stream', async () => {
    const [id] = await published('a', 'b')
    expect(await setAside('raw', id!, 10, 1000, 'meta', 'met', 'body', 'body567')).toBe(1)
    expect(await streams.state()).toEqual({ raw: 1, rows: 0, dead: 1, registered: 1, bytes: '10' })
    expect(await streams.inStreams('a', 'b')).toEqual([0, 1])
    const [[, fields]] = (await streams.redis.xrange(streams.keys.dead, '-', '+')) as [[string, string[]]]
    expect(fields).toEqual([
      ...['reason', 'corrupt', 'stream', 'raw', 'id', id],
      ...['meta', 'met', 'body', 'body567'],
    ])
    expect((await streams.publish('a'))[0]).toBe(1)
  })

  it('works for rows entries, and happens once', async () => {
    const [id] = await handedOver('a')
    expect(await setAside('rows', id!, 30)).toBe(1)
    expect(await setAside('rows', id!, 30)).toBe(0)
    expect(await streams.state()).toEqual({ raw: 0, rows: 0, dead: 1, registered: 0, bytes: '0' })
  })

  it('finds the registration among many, and leaves the others', async () => {
    const { redis, keys } = streams
    const names = Array.from({ length: 1500 }, (_, index) => `other ${index}`)
    await redis.hset(keys.batches, Object.fromEntries(names.map((name) => [name, `rows ${name}`])))
    const [id] = await published('a')
    expect(await setAside('raw', id!, 10)).toBe(1)
    expect(await redis.hexists(keys.batches, hashOf('a'))).toBe(0)
    expect(await redis.hlen(keys.batches)).toBe(1500)
  })

  it('keeps the newest of many', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `batch ${index}`)
    const ids = await published(...names)
    for (const id of ids) await setAside('raw', id, 10, 50, 'body', 'x'.repeat(200))
    const { dead } = await streams.state()
    expect(dead).toBeGreaterThanOrEqual(50)
    expect(dead).toBeLessThan(300)
    const [[, newest]] = (await streams.redis.xrevrange(streams.keys.dead, '+', '-', 'COUNT', 1)) as [
      [string, string[]],
    ]
    expect(newest[5]).toBe(ids.at(-1))
  })
})

describe('asking what is in the streams', () => {
  it('answers for each batch, wherever it is', async () => {
    const [a] = await published('a')
    await streams.handOff(a!, 'a')
    await streams.publish('b')
    expect(await streams.inStreams('nobody', 'b', 'a')).toEqual([0, 1, 1])
    const [rowsId] = await streams.deliver('rows', 'indexer')
    expect(await streams.inStreams('a')).toEqual([1])
    await streams.acknowledge([rowsId!, 'a'])
    expect(await streams.inStreams('a', 'b')).toEqual([0, 1])
  })

  it('notices a stream that was deleted underneath, and forgets its batches', async () => {
    await streams.publish('a')
    await streams.redis.del(streams.keys.raw)
    expect(await streams.inStreams('a')).toEqual([0])
    expect((await streams.state()).registered).toBe(0)
  })

  it('notices a single entry that was deleted, and a registration that makes no sense', async () => {
    const [a] = await published('a', 'b')
    await streams.redis.xdel(streams.keys.raw, a!)
    await streams.redis.hset(streams.keys.batches, hashOf('c'), 'nonsense')
    expect(await streams.inStreams('a', 'b', 'c')).toEqual([0, 1, 0])
  })
})
