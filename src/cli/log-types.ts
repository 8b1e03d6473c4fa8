import { Command } from 'commander'
import { loadRegistry } from '../app/connections.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatTable, print, printJson } from './output.js'

export function logTypesCommand(context: CommandContext, finish: (code: number) => void): Command {
  const list = new Command('list')
    .description('The declared log types, in the order in which lines are tried.')
    .option('--json', 'print as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const { types } = await loadRegistry(settings)
      if (options.json) {
        const shown = types.map(({ name, version, table, columns, indexes }) => ({
          name,
          version,
          table,
          columns,
          indexes,
        }))
        printJson({ directory: settings.logTypes.directory, logTypes: shown })
      } else {
        const rows = types.map((type) => [
          type.name,
          String(type.version),
          type.table,
          type.columns.map((column) => column.name).join(' '),
        ])
        print(formatTable(['log type', 'version', 'table', 'columns'], rows))
      }
      finish(0)
    })
  const check = new Command('check').description('Validate every declaration.').action(async () => {
    const settings = loadSettings({ file: context.configFile })
    const { types } = await loadRegistry(settings)
    print(`${types.length} log types in ${settings.logTypes.directory} are well declared.`)
    finish(0)
  })
  return new Command('log-types')
    .description('The declared log types.')
    .addCommand(list)
    .addCommand(check)
    .addHelpText(
      'after',
      '\nExamples:\n  sluice log-types list\n  SLUICE_LOG_TYPES_DIRECTORY=./my-types sluice log-types check',
    )
}
