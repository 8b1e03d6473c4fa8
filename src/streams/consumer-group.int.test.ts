import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { testKeyPrefix, testRedisUrl } from '../../load/test/test-database.js'
import { TestStreams, testRedis } from '../../load/test/test-streams.js'
import { ConsumerGroup, type Delivery } from './consumer-group.js'
import { parsersGroup } from './keys.js'
import type { ScriptedRedis } from './scripts/index.js'

let redis: ScriptedRedis
let dns: TestStreams
let auth: TestStreams
const groups: ConsumerGroup[] = []

beforeEach(() => {
  redis = testRedis()
  const prefix = testKeyPrefix()
  dns = new TestStreams(redis, 'dns', prefix)
  auth = new TestStreams(redis, 'auth', prefix)
})
afterEach(() => {
  for (const group of groups.splice(0)) group.discardBlockingConnection()
})

function member(consumer: string, scripted = redis, blockingUrl = testRedisUrl()): ConsumerGroup {
  const group = new ConsumerGroup({
    redis: scripted,
    connection: { url: blockingUrl, commandTimeoutMs: 5000 },
    group: parsersGroup,
    consumer,
    types: [dns.keys, auth.keys],
    stream: 'raw',
    blockMs: 20,
  })
  groups.push(group)
  return group
}

type Pending = [id: string, consumer: string, idleMs: number, deliveries: number]
async function pending(streams = dns): Promise<Pending[]> {
  if ((await redis.exists(streams.keys.raw)) === 0) return []
  return (await redis.xpending(streams.keys.raw, parsersGroup, '-', '+', 1000)) as Pending[]
}
const bodies = (deliveries: readonly Delivery[]) => deliveries.map(({ fields }) => `${fields[3]}`).sort()
const key = ({ keys, id }: Delivery) => `${keys.logType} ${id}`

/** Waits until every pending entry has been idle for so long. */
async function idleFor(ms: number): Promise<void> {
  await pollUntil(
    `entries are idle for ${ms} ms`,
    async () => [...(await pending()), ...(await pending(auth))].every(([, , idleMs]) => idleMs >= ms),
    { intervalMs: 5 },
  )
}

describe('reading', () => {
  it('gives the entries of every type once, with their bytes, those from before the group included', async () => {
    await dns.publish('a', 'bytes \0 one')
    await auth.publish('b', 'two')
    const me = member('me')
    const deliveries = await me.read(10)
    expect(bodies(deliveries)).toEqual(['bytes \0 one', 'two'])
    expect(deliveries.map(({ keys, bytes, deliveries: times }) => [keys.logType, bytes, times])).toEqual([
      ['dns', 14, 1],
      ['auth', 6, 1],
    ])
    expect(me.inWorkCount).toBe(2)
    expect(await me.read(10)).toEqual([])
    expect(await member('another').read(10)).toEqual([])
  })

  it('takes of each stream as many as asked for', async () => {
    for (const name of ['a', 'b', 'c']) await dns.publish(name)
    const me = member('me')
    expect(await me.read(2)).toHaveLength(2)
    expect(await me.read(2)).toHaveLength(1)
  })

  it('keeps bytes that are not text', async () => {
    const { raw, rows, batches, bytes } = dns.keys
    const body = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x80])
    await redis.sluicePublish(raw, rows, batches, bytes, 'hash', 'meta', body)
    const [delivery] = await member('me').read(1)
    expect(delivery?.fields[3]).toEqual(body)
  })

  it('goes on after all keys have gone: the groups are made anew and read what came meanwhile', async () => {
    const me = member('me')
    await dns.publish('before')
    await me.read(10)
    await redis.del(dns.keys.raw, auth.keys.raw)
    await dns.publish('after', 'after')
    expect(bodies(await me.read(10))).toEqual(['after'])
  })

  it('gives what was delivered unseen on a connection that broke, once, and no delivery is counted for it', async () => {
    const me = member('me')
    await dns.publish('seen', 'seen')
    await me.read(10)
    // As if the reply to a read had been lost.
    await dns.publish('unseen', 'unseen')
    await auth.publish('unseen', 'unseen too')
    await dns.deliver('raw', 'me')
    await auth.deliver('raw', 'me')
    expect(await me.read(10)).toEqual([])
    for (let outage = 0; outage < 3; outage++) {
      const waiting = me.read(10)
      me.discardBlockingConnection()
      await expect(waiting).rejects.toThrow()
      if (outage === 0) expect(bodies(await me.read(10))).toEqual(['unseen', 'unseen too'])
      expect(await me.read(10)).toEqual([])
    }
    expect((await pending()).map(([, consumer, , deliveries]) => [consumer, deliveries])).toEqual([
      ['me', 1],
      ['me', 1],
    ])
    expect(me.inWorkCount).toBe(3)
  })

  it('sees past many entries in work for those that it never saw', async () => {
    const me = member('me')
    const names = Array.from({ length: 30 }, (_, index) => `in work ${index}`)
    for (const name of names) await dns.publish(name)
    expect(await me.read(30)).toHaveLength(30)
    await dns.publish('unseen', 'unseen')
    await dns.deliver('raw', 'me')
    const waiting = me.read(1)
    me.discardBlockingConnection()
    await expect(waiting).rejects.toThrow()
    expect(bodies(await me.read(1))).toEqual(['unseen'])
  })

  it('lets go of an entry that was deleted while it was pending', async () => {
    const me = member('me')
    await me.read(1)
    await dns.publish('a')
    const [id] = await dns.deliver('raw', 'me')
    await redis.xdel(dns.keys.raw, id!)
    const waiting = me.read(1)
    me.discardBlockingConnection()
    await expect(waiting).rejects.toThrow()
    expect(await me.read(1)).toEqual([])
    expect(await pending()).toEqual([])
  })
})

describe('claiming', () => {
  /** Has a consumer that is gone by now take these, so often. */
  async function abandoned(streams: TestStreams, names: string[], times = 1): Promise<string[]> {
    await redis.xgroup('CREATE', streams.keys.raw, parsersGroup, '0', 'MKSTREAM').catch(() => {})
    for (const name of names) await streams.publish(name, name)
    const ids = await streams.deliver('raw', 'gone')
    for (let n = 1; n < times; n++) {
      await redis.xclaim(streams.keys.raw, parsersGroup, 'gone', 0, ...ids)
    }
    return ids
  }

  it('takes over what was idle for long enough, and counts the delivery', async () => {
    await abandoned(dns, ['a', 'b'])
    await abandoned(auth, ['c'])
    const me = member('me')
    expect(await me.claim(60_000, 10)).toEqual([])
    await idleFor(20)
    const deliveries = await me.claim(20, 10)
    expect(bodies(deliveries)).toEqual(['a', 'b', 'c'])
    expect(deliveries.map(({ deliveries: times }) => times)).toEqual([2, 2, 2])
    expect((await pending()).map(([, consumer, , times]) => [consumer, times])).toEqual([
      ['me', 2],
      ['me', 2],
    ])
  })

  it('gives an entry to one of two claimants', async () => {
    await abandoned(dns, ['a', 'b', 'c', 'd'])
    await abandoned(auth, [])
    await idleFor(500)
    const claims = await Promise.all([member('one').claim(500, 10), member('two').claim(500, 10)])
    expect(claims.flat().map(key).sort()).toEqual([...new Set(claims.flat().map(key))].sort())
    expect(claims.flat()).toHaveLength(4)
  })

  it('leaves alone what it has in work itself, however long that takes', async () => {
    await dns.publish('slow')
    const me = member('me')
    const [slow] = await me.read(1)
    await idleFor(20)
    expect(await me.claim(20, 1)).toEqual([])
    me.done(slow!)
    expect(await me.claim(20, 1)).toHaveLength(1)
  })

  it('finds nothing while its entries are kept fresh', async () => {
    await dns.publish('a')
    const me = member('me')
    await me.read(1)
    await idleFor(500)
    await me.refresh()
    expect(await member('other').claim(500, 1)).toEqual([])
  })

  it('takes an entry alone that was delivered several times: what ends its consumers takes nothing along', async () => {
    await abandoned(dns, ['poison', 'innocent'], 2)
    await abandoned(auth, ['bystander'], 3)
    await idleFor(20)
    const me = member('me')
    const rounds: string[][] = []
    for (let round = 0; round < 4; round++) rounds.push(bodies(await me.claim(20, 10)))
    expect(rounds.map((round) => round.length)).toEqual([1, 1, 1, 0])
    expect(rounds.flat().sort()).toEqual(['bystander', 'innocent', 'poison'])
  })

  it('hands out what it has taken over although claiming from another type fails', async () => {
    await abandoned(dns, ['a'])
    await idleFor(20)
    const me = member('me')
    // The group of the other type was never made.
    const deliveries = await me.claim(20, 10)
    expect(bodies(deliveries)).toEqual(['a'])
    expect(me.inWorkCount).toBe(1)
    await expect(me.claim(20, 10)).rejects.toThrow('NOGROUP')
  })

  it('does not trip over an entry that was deleted while it was pending', async () => {
    const [gone] = await abandoned(dns, ['gone', 'a'])
    await abandoned(auth, [])
    await redis.xdel(dns.keys.raw, gone!)
    await idleFor(20)
    expect(bodies(await member('me').claim(20, 10))).toEqual(['a'])
    expect(await pending()).toHaveLength(1)
  })
})

describe('collecting what was delivered unseen', () => {
  it('hands out what it has found although another type fails meanwhile', async () => {
    const me = member('me')
    await me.read(10)
    await redis.call('XADD', dns.keys.raw, '*', 'meta', '{}', 'body', 'unseen')
    // Delivered under our name, on a connection whose answer never came.
    await redis.call('XREADGROUP', 'GROUP', 'parsers', 'me', 'STREAMS', dns.keys.raw, '>')
    me.discardBlockingConnection()
    await redis.xgroup('DESTROY', auth.keys.raw, 'parsers')
    const broken = member('me', redis, 'redis://127.0.0.1:1')
    await expect(broken.read(10)).rejects.toThrow()
    expect(bodies(await broken.read(10))).toEqual(['unseen'])
  })
})

describe('leaving', () => {
  it('stays a member of the streams where something is pending', async () => {
    await dns.publish('a')
    await auth.publish('b')
    const me = member('me')
    const deliveries = await me.read(10)
    await auth.handOff(deliveries.find(({ keys }) => keys.logType === 'auth')!.id, 'b')
    await me.leave()
    const names = async (streams: TestStreams) =>
      ((await redis.xinfo('CONSUMERS', streams.keys.raw, parsersGroup)) as string[][]).map(
        (fields) => fields[1],
      )
    expect([await names(dns), await names(auth)]).toEqual([['me'], []])
  })
})
