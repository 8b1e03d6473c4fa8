import { Command, InvalidArgumentError } from 'commander'
import { withPool } from '../app/connections.js'
import { requireSchema } from '../app/schema.js'
import { escapeControls } from '../errors/safe-text.js'
import { SluiceError } from '../errors/sluice-error.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { type AnalystQuery, loadQueries, type QueryResult, runQuery } from '../queries/analyst-queries.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatCount, formatTable, print, printJson } from './output.js'
import { positiveInteger } from './positive-integer.js'

export function queriesCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('queries')
    .description("Run the analysts' six queries (schema/queries/) and show results and timings.")
    .argument('[name...]', 'only queries whose name begins with this, such as 3')
    .option(
      '--set <name=value>',
      'value of a parameter; without one an example is taken from the data',
      collect,
    )
    .option('--rows <n>', 'rows to show of each result', positiveInteger, 5)
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
      async (names: string[], options: { set?: Record<string, string>; rows: number; json?: boolean }) => {
        const settings = loadSettings({ file: context.configFile })
        const all = await loadQueries()
        const chosen =
          names.length === 0 ? all : all.filter((query) => names.some((name) => query.name.startsWith(name)))
        if (chosen.length === 0) {
          throw new SluiceError('SLUICE_USAGE', `no query begins with ${names.join(' or ')}`, {
            expected: all.map((query) => query.name).join(', '),
          })
        }
        const given = options.set ?? {}
        refuseUnknownParameters(given, chosen)
        const results = await withPool(settings, async (pool) => {
          await requireSchema(pool, [])
          const done: QueryResult[] = []
          // One after the other: each timing is that of the query alone.
          for (const query of chosen) {
            done.push(await runQuery(pool, query, given, options.rows).catch(blameValues))
          }
          return done
        })
        if (options.json) printJson({ queries: results })
        else for (const result of results) printResult(result)
        finish(0)
      },
    )
}

function collect(text: string, values: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('expected name=value')
  return { ...values, [text.slice(0, equals)]: text.slice(equals + 1) }
}

/** A mistyped name would go unnoticed: its query would run with an example. */
function refuseUnknownParameters(
  given: Readonly<Record<string, string>>,
  chosen: readonly AnalystQuery[],
): void {
  const names = new Set(chosen.flatMap((query) => query.parameters.map((parameter) => parameter.name)))
  const unknown = Object.keys(given).find((name) => !names.has(name))
  if (unknown === undefined) return
  throw new SluiceError('SLUICE_USAGE', `no parameter of these queries is named ${unknown}`, {
    expected: names.size === 0 ? 'no --set' : `one of ${[...names].join(', ')}`,
  })
}

/** A value that PostgreSQL does not take is a mistake on the command line. */
function blameValues(error: unknown): never {
  const { kind, message } = classifyFailure(error)
  if (kind !== 'data') throw error
  throw new SluiceError('SLUICE_USAGE', 'a value of --set does not fit its parameter', { got: message })
}

function toText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}

function printResult(result: QueryResult): void {
  const parameters = Object.entries(result.parameters).map(([name, value]) => `${name} = ${value ?? 'none'}`)
  print(`${result.title}${parameters.length === 0 ? '' : ` (${escapeControls(parameters.join(', '))})`}`)
  print(`  ${formatCount(result.rowCount)} rows in ${result.milliseconds} ms`)
  if (result.rows.length > 0) {
    // As they are: a port is not a count.
    const rows = result.rows.map((row) => result.columns.map((column) => toText(row[column])))
    print(formatTable(result.columns, rows).replace(/^/gm, '  '))
  }
  print('')
}
