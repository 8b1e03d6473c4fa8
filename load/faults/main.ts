#!/usr/bin/env node
import { resolve } from 'node:path'
import { type EmbeddedServices, startEmbeddedServices } from '../services/services.js'
import { printPlan, runChaos } from './chaos/run-chaos.js'
import { type FaultsFlags, faultsCommand } from './command.js'
import { startComposeServices } from './compose/compose-services.js'
import { startContainer } from './compose/container-process.js'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { scenarios } from './scenarios/index.js'

let shared: Promise<EmbeddedServices> | undefined
const print = (line: string) => process.stdout.write(`${line}\n`)

const command = faultsCommand(scenarios, async (chosen, flags) => {
  if (flags.list) return list(chosen)
  if (flags.explain) return explain(chosen)
  if (flags.chaos !== undefined) return chaos(flags.chaos, flags)
  const failed: string[] = []
  for (const [index, scenario] of chosen.entries()) {
    process.stdout.write(`[${index + 1}/${chosen.length}] ${scenario.name} … ${flags.verbose ? '\n' : ''}`)
    const verdict = await runScenario(scenario, {
      seed: flags.seed,
      sharedServices: () => {
        shared ??= flags.compose ? startComposeServices(print) : startEmbeddedServices()
        return shared
      },
      ...(flags.compose && {
        startCommand: (args, env, directory) => startContainer(args, env, { directory }),
      }),
      evidenceDirectory: resolve(flags.evidence),
      onTell: (line) => {
        if (flags.verbose) print(`    ${line}`)
      },
    })
    const took = `${verdict.seconds.toFixed(1)} s`
    if (verdict.passed) {
      const { lines, rows, deadLettered, drainSeconds } = verdict.proof
      const sum = `${lines} lines = ${rows} rows + ${deadLettered} dead letters`
      print(`passed in ${took}: ${sum}, ${drainSeconds.toFixed(1)} s after the fault`)
    } else {
      failed.push(scenario.name)
      print(`FAILED in ${took}: ${verdict.error.message.slice(0, 2000)}`)
      print(`    evidence: ${verdict.evidence}`)
      print(`    again:    npm run faults -- ${scenario.name} --seed ${flags.seed} --verbose`)
    }
  }
  print(`\n${chosen.length - failed.length} passed, ${failed.length} failed`)
  if (failed.length > 0) process.exitCode = 1
})
try {
  await command.parseAsync()
} finally {
  const started = await shared?.catch(() => undefined)
  await started?.stop()
}

async function chaos(seconds: number, { seed, plan, evidence }: FaultsFlags): Promise<void> {
  if (plan) return printPlan(seed, seconds, print)
  const passed = await runChaos({ seed, seconds, evidenceDirectory: resolve(evidence), print })
  if (!passed) process.exitCode = 1
}

function list(chosen: readonly Scenario[]): void {
  for (const { name, title, quick } of chosen) print(`${name.padEnd(36)}${quick ? '' : '(slow) '}${title}`)
}

function explain(chosen: readonly Scenario[]): void {
  for (const { name, title, observe, discuss, recovery } of chosen) {
    print(`${name}\n\n${title}\n\nObserve: ${observe}\n\nDiscuss: ${discuss}\n\nRecovery: ${recovery}\n`)
  }
}
