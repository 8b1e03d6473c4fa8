import { beforeEach, describe, expect, it } from 'vitest'
import { pollUntil } from '../../../load/test/poll-until.js'
import { TestStreams, testRedis } from '../../../load/test/test-streams.js'
import { removeIdleConsumers } from '../consumer-group.js'
import { parsersGroup } from '../keys.js'

let streams: TestStreams
beforeEach(async () => {
  streams = new TestStreams(testRedis())
  await streams.createGroups()
})

type Pending = [id: string, consumer: string, idleMs: number, deliveries: number]
const pending = async () =>
  (await streams.redis.xpending(streams.keys.raw, parsersGroup, '-', '+', 100)) as Pending[]
const refresh = (consumer: string, ...ids: string[]) =>
  streams.redis.sluiceRefresh(streams.keys.raw, parsersGroup, consumer, ...ids)
const leave = (...consumers: string[]) =>
  streams.redis.sluiceLeave(streams.keys.raw, parsersGroup, ...consumers)

async function consumers(): Promise<string[]> {
  const found = (await streams.redis.xinfo('CONSUMERS', streams.keys.raw, parsersGroup)) as string[][]
  return found.map((fields) => fields[1]!).sort()
}

describe('refreshing entries in work', () => {
  it('sets their idle time back, and does not count as a delivery', async () => {
    await streams.publish('a')
    const [id] = await streams.deliver('raw', 'me')
    const before = await pollUntil('the entry has been idle', async () => {
      const [[, , idleMs]] = (await pending()) as [Pending]
      return idleMs >= 300 ? idleMs : undefined
    })
    expect(await refresh('me', id!)).toBe(1)
    const [[, consumer, idleMs, deliveries]] = (await pending()) as [Pending]
    expect([consumer, deliveries]).toEqual(['me', 1])
    expect(idleMs).toBeLessThan(before)
  })

  it('does not steal back what was claimed, nor revive what is done', async () => {
    await streams.publish('a')
    await streams.publish('b')
    const [a, b] = await streams.deliver('raw', 'me')
    await streams.redis.xclaim(streams.keys.raw, parsersGroup, 'claimant', 0, a!)
    await streams.handOff(b!, 'b')
    expect(await refresh('me', a!, b!, '1-1')).toBe(0)
    expect((await pending()).map(([id, consumer]) => [id, consumer])).toEqual([[a, 'claimant']])
  })
})

describe('leaving a group', () => {
  it('removes a consumer with nothing pending, and never one with', async () => {
    await streams.publish('a')
    const [id] = await streams.deliver('raw', 'busy')
    await streams.redis.xgroup('CREATECONSUMER', streams.keys.raw, parsersGroup, 'idle')
    expect(await leave('idle', 'busy')).toBe(1)
    expect(await consumers()).toEqual(['busy'])
    expect(await pending()).toHaveLength(1)
    await streams.handOff(id!, 'a')
    expect(await leave('busy')).toBe(1)
    expect(await consumers()).toEqual([])
  })

  it('is done for consumers that have been idle for long, and for no others', async () => {
    const { redis, keys } = streams
    await streams.publish('a')
    await streams.deliver('raw', 'holds-an-entry')
    await streams.deliver('raw', 'left-long-ago')
    await redis.xgroup('CREATECONSUMER', keys.raw, parsersGroup, 'left-long-ago')
    expect(await removeIdleConsumers(redis, keys.raw, parsersGroup, 60_000)).toBe(0)
    await pollUntil('only the one with an entry is left', async () => {
      await removeIdleConsumers(redis, keys.raw, parsersGroup, 20)
      return (await consumers()).join() === 'holds-an-entry'
    })
  })
})
