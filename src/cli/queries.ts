import { Command, InvalidArgumentError } from 'commander'
import { withPool } from '../app/connections.js'
import { requireSchema } from '../app/schema.js'
import { escapeControls } from '../errors/safe-text.js'
import { SluiceError } from '../errors/sluice-error.js'
import { loadQueries, type QueryResult, runQuery } from '../queries/analyst-queries.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatCount, formatTable, print, printJson } from './output.js'

export function queriesCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('queries')
    .description("Run the analysts' six queries (schema/queries/) and show results and timings.")
    .argument('[name...]', 'only queries whose name begins with this, such as 3')
    .option(
      '--set <name=value>',
      'value of a parameter; without one an example is taken from the data',
      collect,
      {},
    )
    .option('--rows <n>', 'rows to show of each result', Number, 5)
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice queries
  sluice queries 2 --set domain=evil-domain.com --rows 50
  sluice queries --json`,
    )
    .action(
      async (names: string[], options: { set: Record<string, string>; rows: number; json?: boolean }) => {
        const settings = loadSettings({ file: context.configFile })
        const all = await loadQueries()
        const chosen =
          names.length === 0 ? all : all.filter((query) => names.some((name) => query.name.startsWith(name)))
        if (chosen.length === 0) {
          throw new SluiceError('SLUICE_USAGE', `no query begins with ${names.join(' or ')}`, {
            expected: all.map((query) => query.name).join(', '),
          })
        }
        const results = await withPool(settings, async (pool) => {
          await requireSchema(pool, [])
          const done: QueryResult[] = []
          // One after the other: each timing is that of the query alone.
          for (const query of chosen) done.push(await runQuery(pool, query, options.set, options.rows))
          return done
        })
        if (options.json) printJson({ queries: results })
        else for (const result of results) printResult(result)
        finish(0)
      },
    )
}

function collect(text: string, values: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('expected name=value')
  return { ...values, [text.slice(0, equals)]: text.slice(equals + 1) }
}

function printResult(result: QueryResult): void {
  const parameters = Object.entries(result.parameters).map(([name, value]) => `${name} = ${value ?? 'none'}`)
  print(`${result.title}${parameters.length === 0 ? '' : ` (${escapeControls(parameters.join(', '))})`}`)
  print(`  ${formatCount(result.rowCount)} rows in ${result.milliseconds} ms`)
  if (result.rows.length > 0) {
    const rows = result.rows.map((row) => result.columns.map((column) => row[column]))
    print(formatTable(result.columns, rows).replace(/^/gm, '  '))
  }
  print('')
}
