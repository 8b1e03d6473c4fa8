import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type EmbeddedServices, startEmbeddedServices } from '../services/services.js'
import { runScenario } from './run-scenario.js'
import { scenarios } from './scenarios/index.js'

let shared: Promise<EmbeddedServices> | undefined
afterAll(async () => (await shared)?.stop())

describe('every line is there after', () => {
  test.each(scenarios.filter(({ quick }) => quick))('$name', async (scenario) => {
    const verdict = await runScenario(scenario, {
      seed: 1,
      sharedServices: () => {
        shared ??= startEmbeddedServices()
        return shared
      },
      evidenceDirectory: resolve('.sluice/faults'),
      onTell: () => undefined,
    })
    expect(verdict).toMatchObject({ passed: true })
  })
})
