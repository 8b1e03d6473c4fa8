import { Command } from 'commander'
import { withPool } from '../../app/connections.js'
import { loadRegistry } from '../../app/load-registry.js'
import { requireSchema } from '../../app/schema.js'
import { SluiceError } from '../../errors/sluice-error.js'
import type { LogType, LogTypeRegistry } from '../../log-types/log-type.js'
import { selectUndeclaredFields, type UndeclaredFields } from '../../queries/undeclared-fields.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, formatTable, print, printJson } from '../output.js'
import { positiveInt4 } from '../positive-integer.js'

const defaultRows = 200_000

export function logTypeFieldsCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('fields')
    .description('Show the fields that lines bring and no column is declared for.')
    .argument('[type]', 'only of this log type')
    .option(
      '--rows <count>',
      'rows of each type that are looked at, the newest days first',
      positiveInt4,
      defaultRows,
    )
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice log-types fields
  sluice log-types fields firewall --rows 1000000

They are in the column extra. With a column declared for one and \`sluice migrate\`,
new lines bring it there; \`sluice log-types fill\` moves it in old rows.`,
    )
    .action(async (name: string | undefined, options: { rows: number; json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const types = name === undefined ? registry.types : [requireType(registry, name)]
      const found = await withPool(
        settings,
        async (pool) => {
          await requireSchema(pool, types)
          const all: UndeclaredFields[] = []
          for (const type of types) all.push(await selectUndeclaredFields(pool, type, options.rows))
          return all
        },
        'unbounded',
      )
      if (options.json) printJson({ logTypes: found })
      else for (const one of found) printFields(one)
      finish(0)
    })
}

function printFields({ logType, rows, isWhole, fields }: UndeclaredFields): void {
  const looked = isWhole ? `all ${formatCount(rows)} rows` : `${formatCount(rows)} rows, a sample`
  if (fields.length === 0) {
    print(`${logType}: nothing in extra of ${looked}.`)
    return
  }
  print(
    `${logType}: ${formatCount(fields.length)} ${fields.length === 1 ? 'field' : 'fields'} in extra of ${looked}.`,
  )
  print(
    formatTable(
      ['field', 'column', 'rows', 'looks like', 'first seen', 'last seen'],
      fields.map((field) => [
        field.name,
        field.column ?? 'none',
        field.rows,
        field.looksLike,
        field.firstSeen,
        field.lastSeen,
      ]),
    ),
  )
}

/** @throws SluiceError SLUICE_USAGE */
export function requireType(registry: LogTypeRegistry, name: string): LogType {
  const type = registry.byName(name)
  if (type !== undefined) return type
  throw new SluiceError('SLUICE_USAGE', 'there is no such log type', {
    expected: `one of ${registry.types.map((one) => one.name).join(', ')}`,
    got: name,
  })
}
