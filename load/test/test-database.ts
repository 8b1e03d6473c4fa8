import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { afterAll, beforeEach, expect, inject } from 'vitest'
import { createDatabase, dropDatabase } from '../services/services.js'

/**
 * A database of one's own on the servers of this run, for `beforeAll` or a test:
 *
 *     const databaseUrl = await testDatabase()
 *
 * It is empty; `isMigrated`, which only e2e tests can ask for, makes it what `sluice migrate` leaves.
 *
 * It is dropped at the end of the file, unless one of its tests failed. To look into what a failed test left, run
 * the tests with DATABASE_URL and REDIS_URL of `npm run services`: servers that end with the run keep nothing.
 */
export async function testDatabase({ isMigrated = false } = {}): Promise<string> {
  const server = inject('databaseUrl')
  const name = `test_${fileStem()}_${randomBytes(4).toString('hex')}`
  const url = await createDatabase(server, name, isMigrated ? inject('migratedDatabase') : undefined)
  created.push({ server, name, url })
  return url
}

/** A prefix for Redis keys that no other test of this or an earlier run uses. */
export function testKeyPrefix(): string {
  return `test-${fileStem().replaceAll('_', '-')}-${randomBytes(4).toString('hex')}`
}

/** The Redis of this run. It is shared: no FLUSHALL, only keys below `testKeyPrefix()`. */
export function testRedisUrl(): string {
  return inject('redisUrl')
}

const created: { server: string; name: string; url: string }[] = []
let failed = false

// Registered on import, and so for the file that imports this.
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true
  })
})

afterAll(async () => {
  for (const { server, name, url } of created.splice(0)) {
    if (!failed) await dropDatabase(server, name)
    else if (process.env.DATABASE_URL) console.error(`kept the database of a failed test: ${url}`)
  }
})

function fileStem(): string {
  const file = basename(expect.getState().testPath ?? 'unknown')
  return file
    .replace(/(\.(int|e2e))?\.test\.ts$/, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 30)
}
