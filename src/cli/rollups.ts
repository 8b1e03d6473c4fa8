import { Command } from 'commander'
import { withPool } from '../app/connections.js'
import { requireSchema } from '../app/schema.js'
import { SluiceError } from '../errors/sluice-error.js'
import { checkRollups, type RollupCheck } from '../rollups/check-rollups.js'
import { type DeclaredRollup, selectRollups } from '../rollups/declared-rollups.js'
import { dropRollup, fillRollup } from '../rollups/fill-rollup.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatTable, print, printJson } from './output.js'

type Finish = (code: number) => void

export function rollupsCommand(context: CommandContext, finish: Finish): Command {
  return new Command('rollups')
    .description('Show, check and mend the counts by hour that are kept beside the rows.')
    .addCommand(listCommand(context, finish))
    .addCommand(checkCommand(context, finish))
    .addCommand(fillCommand(context, finish))
    .addCommand(dropCommand(context, finish))
}

function listCommand(context: CommandContext, finish: Finish): Command {
  return new Command('list')
    .description('What is counted.')
    .option('--json', 'print as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const rollups = await withRollups(context, (_pool, all) => Promise.resolve(all))
      if (options.json) printJson({ rollups })
      else {
        const rows = rollups.map(({ name, logType, keys, where, filled }) => [
          name,
          logType,
          keys.length === 0 ? '-' : keys.join(' '),
          Object.entries(where)
            .map(([column, text]) => `${column} = ${JSON.stringify(text)}`)
            .join(', ') || '-',
          filled ? 'whole' : 'older rows missing',
        ])
        print(formatTable(['rollup', 'log type', 'keys', 'where', 'state'], rows))
      }
      finish(0)
    })
}

function checkCommand(context: CommandContext, finish: Finish): Command {
  return new Command('check')
    .description('Count all rows again and compare.')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
In one snapshot, so that indexers may go on. Ends with 1 when a count is not that
of the rows, and shows which; \`sluice rollups fill NAME\` mends it.`,
    )
    .action(async (options: { json?: boolean }) => {
      const result = await withRollups(context, (pool) => checkRollups(pool))
      if (options.json) printJson(result)
      else printCheck(result)
      if (!result.exact) {
        const wrong = result.rollups.filter(({ wrongCounts }) => wrongCounts > 0)
        throw new SluiceError('SLUICE_UNBALANCED', 'rollups do not hold what a recount says', {
          expected: 'every hour and key as counted from the rows',
          got: wrong.map(({ name, wrongCounts }) => `${wrongCounts} wrong in ${name}`).join(', '),
          hint: wrong.map(({ name }) => `sluice rollups fill ${name}`).join('; '),
        })
      }
      finish(0)
    })
}

function printCheck({ rollups, exact }: RollupCheck): void {
  const rows = rollups.map(({ name, filled, parts, wrongCounts }) => [
    name,
    parts,
    filled ? wrongCounts : 'not filled',
  ])
  print(formatTable(['rollup', 'rows', 'wrong'], rows))
  for (const { name, examples } of rollups) {
    for (const { key, kept, counted } of examples)
      print(`${name}: ${JSON.stringify(key)} has ${kept}, counted ${counted}`)
  }
  if (exact) print('Exact: every filled rollup is what a recount says.')
}

function fillCommand(context: CommandContext, finish: Finish): Command {
  return new Command('fill')
    .description('Count for rollups anew, from the rows that are there.')
    .argument('<name...>', 'names of rollups')
    .addHelpText(
      'after',
      `
Indexers and readers may go on: it is as before until all is counted.
\`sluice migrate\` does it for rollups that are new, or whose filling was interrupted.`,
    )
    .action(async (names: string[]) => {
      await withRollups(context, async (pool, all) => {
        for (const rollup of find(names, all)) {
          await fillRollup(pool, rollup)
          print(`counted for ${rollup.name}`)
        }
      })
      finish(0)
    })
}

function dropCommand(context: CommandContext, finish: Finish): Command {
  return new Command('drop')
    .description('Stop counting for a rollup, and take its counts away.')
    .argument('<name>', 'name of a rollup')
    .addHelpText(
      'after',
      '\nOne that is still declared is made again by the next `sluice migrate` or `ingest`.',
    )
    .action(async (name: string) => {
      await withRollups(context, async (pool, all) => {
        const [rollup] = find([name], all)
        if (rollup!.keys.length === 0) {
          throw new SluiceError('SLUICE_USAGE', 'the rows by hour of a log type are always kept', {
            expected: 'a declared rollup',
            got: name,
          })
        }
        await dropRollup(pool, rollup!)
        print(`dropped ${name}`)
      })
      finish(0)
    })
}

function find(names: readonly string[], all: readonly DeclaredRollup[]): DeclaredRollup[] {
  return names.map((name) => {
    const found = all.find((rollup) => rollup.name === name)
    if (found !== undefined) return found
    throw new SluiceError('SLUICE_USAGE', `there is no rollup named ${name}`, {
      expected: all.map((rollup) => rollup.name).join(', '),
    })
  })
}

/** Counting takes as long as the tables are large. */
async function withRollups<T>(
  context: CommandContext,
  work: (pool: Parameters<typeof fillRollup>[0], all: readonly DeclaredRollup[]) => Promise<T>,
): Promise<T> {
  const settings = loadSettings({ file: context.configFile })
  return withPool(
    settings,
    async (pool) => {
      await requireSchema(pool, [])
      return work(pool, await selectRollups(pool))
    },
    'unbounded',
  )
}
