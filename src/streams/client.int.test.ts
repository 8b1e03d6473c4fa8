import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { startTcpProxy, type TcpProxy } from '../../load/test/tcp-proxy.js'
import { testRedisUrl } from '../../load/test/test-database.js'
import { createRedis } from './client.js'
import type { ScriptedRedis } from './scripts/index.js'

let proxy: TcpProxy
beforeEach(async () => {
  proxy = await startTcpProxy(testRedisUrl())
  return () => proxy.cut()
})

function client(commandTimeoutMs: number): ScriptedRedis {
  const redis = createRedis({ url: proxy.url, commandTimeoutMs })
  onTestFinished(() => redis.disconnect())
  return redis
}

describe('while Redis is away', () => {
  it('holds commands of before the first connection', async () => {
    await proxy.cut()
    const redis = client(20_000)
    const answer = redis.ping()
    await pollUntil('the client tries again', () => redis.status === 'reconnecting', { intervalMs: 1 })
    await proxy.mend()
    expect(await answer).toBe('PONG')
  })

  it('fails commands at once after it was connected, and takes them when Redis is back', async () => {
    const commandTimeoutMs = 20_000
    const redis = client(commandTimeoutMs)
    expect(await redis.ping()).toBe('PONG')
    await proxy.cut()
    await pollUntil('the client has noticed', () => redis.status !== 'ready', { intervalMs: 1 })
    const began = performance.now()
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => redis.ping()))
    expect(performance.now() - began).toBeLessThan(commandTimeoutMs / 4)
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    await proxy.mend()
    expect(await pollUntil('Redis answers', () => redis.ping())).toBe('PONG')
  })
})

describe('a connection that went silent', () => {
  it('is replaced after the time of a command', async () => {
    const redis = client(300)
    expect(await redis.ping()).toBe('PONG')
    expect(proxy.connections).toBe(1)
    proxy.silence()
    await expect(redis.ping()).rejects.toThrow(/timed out/i)
    expect(await pollUntil('Redis answers', () => redis.ping())).toBe('PONG')
    expect(proxy.connections).toBe(2)
  })
})
