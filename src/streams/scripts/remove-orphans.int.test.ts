import { beforeEach, expect, it } from 'vitest'
import { TestStreams, testRedis } from '../../../load/test/test-streams.js'
import { parsersGroup } from '../keys.js'

let streams: TestStreams
beforeEach(async () => {
  streams = new TestStreams(testRedis())
  await streams.createGroups()
  for (const name of ['a', 'b', 'c']) await streams.publish(name)
})

function removeOrphans(lookAt = 8): Promise<number> {
  const { redis, keys } = streams
  return redis.sluiceRemoveOrphans(keys.raw, keys.batches, keys.bytes, parsersGroup, 'raw', lookAt)
}

it('removes an entry that was acknowledged and left, with its registration and its bytes', async () => {
  const { redis, keys } = streams
  const [, second] = await streams.deliver('raw', 'parser')
  await redis.xack(keys.raw, parsersGroup, second!)
  expect(await streams.inStreams('a', 'b', 'c')).toEqual([1, 1, 1])
  expect(await removeOrphans()).toBe(1)
  expect(await streams.inStreams('a', 'b', 'c')).toEqual([1, 0, 1])
  expect(await streams.state()).toMatchObject({ raw: 2, registered: 2, bytes: '20' })
  expect(await removeOrphans()).toBe(0)
})

it('removes what a consumer had in hand that was removed by a person', async () => {
  const { redis, keys } = streams
  await streams.deliver('raw', 'parser')
  await redis.xgroup('DELCONSUMER', keys.raw, parsersGroup, 'parser')
  expect(await removeOrphans()).toBe(3)
  expect(await streams.state()).toMatchObject({ raw: 0, registered: 0, bytes: '0' })
})

it('removes what a group never gets that was created anew at the end of the stream', async () => {
  const { redis, keys } = streams
  await redis.xgroup('DESTROY', keys.raw, parsersGroup)
  await redis.xgroup('CREATE', keys.raw, parsersGroup, '$')
  expect(await removeOrphans()).toBe(3)
})

it('leaves alone what is pending and what was not delivered yet', async () => {
  const before = await streams.state()
  expect(await removeOrphans()).toBe(0)
  await streams.deliver('raw', 'parser')
  await streams.publish('d')
  expect(await removeOrphans()).toBe(0)
  expect(await streams.state()).toEqual({ ...before, raw: 4, registered: 4, bytes: '40' })
})

it('looks at the oldest entries only', async () => {
  const { redis, keys } = streams
  const [, , third] = await streams.deliver('raw', 'parser')
  await redis.xack(keys.raw, parsersGroup, third!)
  expect(await removeOrphans(2)).toBe(0)
  expect(await removeOrphans(3)).toBe(1)
})

it('does nothing where there is no group, or no stream', async () => {
  const { redis, keys } = streams
  await redis.xgroup('DESTROY', keys.raw, parsersGroup)
  expect(await removeOrphans()).toBe(0)
  await redis.del(keys.raw)
  expect(await removeOrphans()).toBe(0)
})
