import { describe, expect, it } from 'vitest'
import { TestStreams, testRedis } from '../../load/test/test-streams.js'
import { readBacklog } from './backlog.js'
import { parsersGroup } from './keys.js'

describe('the backlog of a stream', () => {
  it('says what is not delivered and what is not acknowledged', async () => {
    const streams = new TestStreams(testRedis())
    await streams.createGroups()
    await streams.publish('a')
    await streams.publish('b')
    const [first = ''] = await streams.deliver('raw', 'me')
    await streams.handOff(first, 'a')
    await streams.publish('c')
    const { raw, rows } = await readBacklog(streams.redis, streams.keys)
    expect(raw).toMatchObject({ entries: 2, pending: 1, lag: 1 })
    expect(rows).toMatchObject({ entries: 1, pending: 0, lag: 1 })
  })

  it('does not believe the count of a Redis that was restarted', async () => {
    const streams = new TestStreams(testRedis())
    await streams.createGroups()
    await streams.publish('a')
    const [id = ''] = await streams.deliver('raw', 'me')
    await streams.handOff(id, 'a')
    // As such a Redis counts: the group is at the end of an empty stream, and has read nothing on its way there.
    await streams.redis.call('XGROUP', 'SETID', streams.keys.raw, parsersGroup, id, 'ENTRIESREAD', '0')
    const { raw } = await readBacklog(streams.redis, streams.keys)
    expect(raw).toMatchObject({ entries: 0, pending: 0, lag: 0 })
  })

  it('has neither where there is no group', async () => {
    const streams = new TestStreams(testRedis())
    const { raw } = await readBacklog(streams.redis, streams.keys)
    expect(raw).toMatchObject({ entries: 0, pending: undefined, lag: undefined, oldestEntryMs: undefined })
  })
})
