import type { TestProject } from 'vitest/node'
import { type Services, startServices } from '../services/services.js'

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string
    redisUrl: string
  }
}

// Vitest loads this file once per project, and all projects of a run share one pair of servers.
const SHARED = Symbol.for('sluice.test-services')
type Shared = { [SHARED]?: { services: Promise<Services>; users: number } }
const shared = globalThis as typeof globalThis & Shared

/** Runs only when a selected test belongs to a project that needs servers. */
export default async function provideServices(project: TestProject): Promise<() => Promise<void>> {
  shared[SHARED] ??= { services: startServices(), users: 0 }
  const run = shared[SHARED]
  run.users++
  const services = await run.services
  project.provide('databaseUrl', services.databaseUrl)
  project.provide('redisUrl', services.redisUrl)
  return async () => {
    run.users--
    if (run.users === 0) await services.stop()
  }
}
