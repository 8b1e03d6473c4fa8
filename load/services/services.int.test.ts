import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive } from '../test/is-alive.js'
import { pollUntil } from '../test/poll-until.js'
import { withClient } from './postgres-server.js'
import { createDatabase, type EmbeddedServices, startEmbeddedServices } from './services.js'

let services: EmbeddedServices
beforeAll(async () => {
  services = await startEmbeddedServices({ postgresSettings: { work_mem: '7MB' } })
})
afterAll(() => services.stop())

test('Postgres is durable, takes settings and listens on loopback only', async () => {
  const show = async (name: string): Promise<unknown> =>
    withClient(
      services.databaseUrl,
      async (client) => (await client.query('SELECT current_setting($1) AS value', [name])).rows[0].value,
    )
  expect(await show('fsync')).toBe('on')
  expect(await show('synchronous_commit')).toBe('on')
  expect(await show('work_mem')).toBe('7MB')
  expect(await show('listen_addresses')).toBe('127.0.0.1')
  expect(await show('unix_socket_directories')).toBe('')
})

test('Redis keeps what it has and evicts nothing', async () => {
  const redis = new Redis(services.redisUrl)
  try {
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes'])
    expect(await redis.config('GET', 'save')).toEqual(['save', ''])
  } finally {
    redis.disconnect()
  }
})

test('Postgres comes back on its port with its data after a crash', async () => {
  const url = await createDatabase(services.databaseUrl, 'crash test')
  await withClient(url, (client) => client.query('CREATE TABLE kept AS SELECT 1 AS n'))
  await services.postgres.stop('immediate')
  expect(services.postgres.pid).toBeUndefined()
  await services.postgres.start()
  expect(await withClient(url, async (client) => (await client.query('TABLE kept')).rows)).toEqual([{ n: 1 }])
})

test('Redis comes back on its port after kill -9', async () => {
  const before = services.redis.pid
  await services.redis.kill()
  expect(services.redis.pid).toBeUndefined()
  await services.redis.start()
  expect(services.redis.pid).not.toBe(before)
  const redis = new Redis(services.redisUrl)
  expect(await redis.ping()).toBe('PONG')
  redis.disconnect()
})

test('two pairs of servers get on beside each other, and stop leaves nothing', async () => {
  const second = await startEmbeddedServices()
  const pids = [second.postgres.pid, second.redis.pid].map((pid) => pid ?? 0)
  expect(pids.every(isAlive)).toBe(true)
  expect(second.postgres.port).not.toBe(services.postgres.port)
  expect(await readdir(second.directory)).toContain('postgres')
  await Promise.all([second.stop(), second.stop()])
  expect(existsSync(second.directory)).toBe(false)
  expect(pids.some(isAlive)).toBe(false)
})

test('a port that is in use is no obstacle', async () => {
  const third = await startEmbeddedServices({
    preferredPorts: { postgres: services.postgres.port, redis: services.redis.port },
  })
  expect(third.redis.port).not.toBe(services.redis.port)
  await third.stop()
  await pollUntil('the first Redis still answers', async () => services.redis.pid)
})
