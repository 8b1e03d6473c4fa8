import { Command } from 'commander'
import { loadLogTypesFrom } from '../../log-types/registry.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatTable, print, printJson } from '../output.js'
import { printLeftOut } from './left-out.js'

export function listCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('list')
    .description('List the log types in the order in which they are tried on a line, active or not.')
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Types of the catalogue are active when SLUICE_LOG_TYPES_CATALOGUE names them.`,
    )
    .action(async (options: { json?: boolean }) => {
      const { logTypes } = loadSettings({ file: context.configFile })
      const loaded = await loadLogTypesFrom(logTypes, 'all')
      const { types } = loaded.registry
      if (options.json) {
        const shown = types.map(({ name, version, table, columns, indexes }, index) => ({
          name,
          active: loaded.declared[index]?.isActive,
          inCatalogue: loaded.declared[index]?.inCatalogue,
          version,
          table,
          columns,
          indexes,
        }))
        printJson({ directory: logTypes.directory, logTypes: shown })
      } else {
        const rows = types.map((type, index) => [
          type.name,
          loaded.declared[index]?.isActive === true ? 'yes' : 'no',
          String(type.version),
          type.table,
          type.columns.map((column) => column.name).join(' '),
        ])
        print(formatTable(['log type', 'active', 'version', 'table', 'columns'], rows))
        printLeftOut(loaded)
      }
      finish(0)
    })
}
