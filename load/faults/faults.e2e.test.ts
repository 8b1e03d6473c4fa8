import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type EmbeddedServices, startEmbeddedServices } from '../services/services.js'
import { temporaryDirectory } from '../test/temporary-directory.js'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { scenarios } from './scenarios/index.js'

let shared: Promise<EmbeddedServices> | undefined
afterAll(async () => (await shared)?.stop())

const run = (scenario: Scenario, evidenceDirectory: string) =>
  runScenario(scenario, {
    seed: 1,
    sharedServices: () => {
      // No scenario cuts the power, so nothing waits for the disk. Those that harm servers have their own.
      shared ??= startEmbeddedServices({ postgresSettings: { fsync: 'off' } })
      return shared
    },
    evidenceDirectory,
    onTell: () => undefined,
  })

describe('every line is there after', () => {
  test.each(scenarios.filter(({ quick }) => quick))('$name', async (scenario) => {
    expect(await run(scenario, resolve('.sluice/faults'))).toMatchObject({ passed: true })
  })
})

const texts = { title: '', observe: '', discuss: '', recovery: '' }

describe('a scenario fails', () => {
  test('when a process ends by itself, though every line is there', async () => {
    const verdict = await run(
      {
        ...texts,
        name: 'one-parser-crashes',
        faults: [],
        async run(trial) {
          const [doomed] = await trial.startRoles({ parser: 2, reader: 1, indexer: 1 })
          await doomed!.kill('SIGABRT')
          return { oracle: await trial.writeLogs({ lines: 1000 }) }
        },
      },
      await temporaryDirectory(),
    )
    expect(verdict).toMatchObject({ passed: false, error: { message: expect.stringContaining('SIGABRT') } })
  })

  test('when lines are expected that are not there, with the evidence', async () => {
    const verdict = await run(
      {
        ...texts,
        name: 'too-much-is-expected',
        faults: [],
        async run(trial) {
          await trial.startRoles({ parser: 1, reader: 1, indexer: 1 })
          const { totals } = await trial.writeLogs({ lines: 1000 })
          return { totals: { ...totals, rows: totals.rows - 1, deadLettered: totals.deadLettered + 1 } }
        },
      },
      await temporaryDirectory(),
    )
    if (verdict.passed) throw new Error('it passed')
    expect(verdict.error.message).toMatch(/^expected .* found /)
    expect(await readdir(verdict.evidence)).toEqual(
      expect.arrayContaining(['README.txt', 'logs', 'process-00.log', 'reconcile.json', 'status.json']),
    )
  })
})
