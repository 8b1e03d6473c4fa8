import { Command, InvalidArgumentError } from 'commander'
import type { Scenario } from './scenario.js'

export interface FaultsFlags {
  readonly seed: number
  readonly list?: true
  readonly explain?: true
  readonly verbose?: true
  readonly evidence: string
  /** Seconds. */
  readonly chaos?: number
  readonly plan?: true
  readonly compose?: true
}

const EXAMPLES = `
Examples:
  npm run faults                                          every scenario
  npm run faults -- --list                                what there is
  npm run faults -- parser-killed-before-hand-off --verbose
  npm run faults -- redis-flushed --seed 7                the same decisions again
  npm run faults -- --explain redis-flushed               what to observe and to discuss
  npm run faults -- --compose                             in containers
  npm run faults -- --chaos 60 --seed 7                   a minute of faults at random
  npm run faults -- --chaos 60 --seed 7 --plan            which, and when

Moments are chosen by the seed; how processes interleave is the machine's affair.`

/** @param run given the scenarios that were chosen, in order. */
export function faultsCommand(
  scenarios: readonly Scenario[],
  run: (chosen: readonly Scenario[], flags: FaultsFlags) => Promise<void>,
): Command {
  const command: Command = new Command('faults')
    .description('Injects faults under load and proves that every line is there afterwards.')
    .argument('[names...]', 'scenarios; all of them if none is named')
    .option('--seed <n>', 'decides lines and moments', parseSeed, 1)
    .option('--list', 'name the scenarios and end')
    .option('--explain', 'print what to observe and to discuss, and end')
    .option('--verbose', 'print what happens as it happens')
    .option('--chaos <seconds>', 'faults at random for so long, instead of scenarios', parseSeconds)
    .option('--plan', 'with --chaos: print what will be done, and end')
    .option('--compose', 'against containers of docker-compose.yml, the scenarios that make sense there')
    .option('--evidence <directory>', 'where the evidence of failed runs is left', '.sluice/faults')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], flags: FaultsFlags) => {
      if (flags.chaos !== undefined && names.length > 0) {
        command.error('error: --chaos takes no scenarios')
      }
      const known = new Map(scenarios.map((scenario) => [scenario.name, scenario]))
      const chosen = names.map((name) => {
        const scenario = known.get(name)
        if (scenario === undefined) {
          return command.error(`error: there is no scenario ${JSON.stringify(name)}; --list names them`)
        }
        return scenario
      })
      const candidates = flags.compose ? scenarios.filter(({ compose }) => compose) : scenarios
      const unfit = chosen.find((scenario) => !candidates.includes(scenario))
      if (unfit !== undefined) command.error(`error: ${unfit.name} cannot run with --compose`)
      await run(chosen.length === 0 ? candidates : chosen, flags)
    })
  return command
}

function parseSeed(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 0 or more.')
  return Number(text)
}

function parseSeconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Expected whole seconds, 1 to 99999.')
  return Number(text)
}
