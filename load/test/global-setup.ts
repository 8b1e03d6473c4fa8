import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { SLUICE } from '../installation/sluice-process.js'
import { createDatabase, dropDatabase, type Services, startServices } from '../services/services.js'

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string
    redisUrl: string
    /** Name of a database as `sluice migrate` leaves it, to be copied; e2e only, which needs the built command anyway. */
    migratedDatabase: string
  }
}

/** No test cuts the power, and what a process has written survives its end: nothing waits for the disk here. */
const SETTINGS = { fsync: 'off' }

// Vitest loads this file once per project, and all projects of a run share one pair of servers.
const SHARED = Symbol.for('sluice.test-services')
type Shared = { [SHARED]?: { services: Promise<Services>; users: number } }
const shared = globalThis as typeof globalThis & Shared

/** Runs only when a selected test belongs to a project that needs servers. */
export default async function provideServices(project: TestProject): Promise<() => Promise<void>> {
  shared[SHARED] ??= { services: startServices({ postgresSettings: SETTINGS }), users: 0 }
  const run = shared[SHARED]
  run.users++
  const services = await run.services
  const { databaseUrl, redisUrl } = services
  project.provide('databaseUrl', databaseUrl)
  project.provide('redisUrl', redisUrl)
  const migrated = project.name === 'e2e' ? await createMigratedDatabase(services) : undefined
  if (migrated !== undefined) project.provide('migratedDatabase', migrated)
  return async () => {
    if (migrated !== undefined) await dropDatabase(databaseUrl, migrated)
    run.users--
    if (run.users === 0) await services.stop()
  }
}

async function createMigratedDatabase({ databaseUrl, redisUrl }: Services): Promise<string> {
  const name = `migrated_${randomBytes(4).toString('hex')}`
  const env = { DATABASE_URL: await createDatabase(databaseUrl, name), REDIS_URL: redisUrl }
  await promisify(execFile)(process.execPath, [SLUICE, 'migrate'], { env: { ...process.env, ...env } })
  return name
}
