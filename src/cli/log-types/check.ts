import { dirname } from 'node:path'
import { Command } from 'commander'
import { escapeControls } from '../../errors/safe-text.js'
import { catalogueDirectory } from '../../log-types/declaration/catalogue.js'
import type { DeclaredType } from '../../log-types/declaration/load-declarations.js'
import { type Conflict, findConflicts } from '../../log-types/detection/find-conflicts.js'
import { loadLogTypesFrom } from '../../log-types/registry.js'
import { loadAllSamples } from '../../log-types/samples/load-samples.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, print } from '../output.js'
import { printLeftOut } from './left-out.js'

export function checkCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('check')
    .description('Validate every declaration, and look for types that take the lines of others.')
    .addHelpText(
      'after',
      `
The catalogue is looked at as well, active or not. Ends with 1 when a type gets
lines that are meant for another, except where one of the two is your own and
the other is not active: then it is only said.`,
    )
    .action(async () => {
      const { logTypes } = loadSettings({ file: context.configFile })
      // What is not valid is an error here, whatever a start makes of it.
      const loaded = await loadLogTypesFrom({ ...logTypes, skipInvalid: false }, 'all')
      print(summarise(loaded.declared, logTypes.directory))
      printLeftOut(loaded)
      const conflicts = findConflicts(loaded.registry, await loadAllSamples(loaded))
      const byName = new Map(loaded.declared.map((one) => [one.declaration.name, one]))
      const counts = ({ logType, claimedBy }: Conflict) => {
        const pair = [byName.get(logType)!, byName.get(claimedBy)!]
        return pair.every(({ isActive }) => isActive) || pair.every(isShipped)
      }
      for (const conflict of conflicts) {
        const { logType, claimedBy, evidence } = conflict
        const inactive = [logType, claimedBy].filter((name) => byName.get(name)?.isActive === false)
        const note = inactive.length === 0 ? '' : ` (not active: ${inactive.join(', ')})`
        print(
          `${counts(conflict) ? 'conflict' : 'note'}: ${claimedBy} comes before ${logType} and takes its lines: ${escapeControls(evidence)}${note}`,
        )
      }
      if (conflicts.length > 0) print('Give the type with the narrower detect the lower order.')
      finish(conflicts.some(counts) ? 1 : 0)
    })
}

function summarise(declared: readonly DeclaredType[], directory: string): string {
  const inCatalogue = declared.filter((one) => one.inCatalogue)
  const own = declared.length - inCatalogue.length
  const active = inCatalogue.filter(({ isActive }) => isActive).length
  const types = own === 1 ? '1 log type is' : `${formatCount(own)} log types are`
  const more =
    inCatalogue.length === 0
      ? ''
      : `, and ${formatCount(inCatalogue.length)} in the catalogue, ${formatCount(active)} of them active`
  return `${types} well declared in ${escapeControls(directory)}${more}.`
}

/** Declared in the catalogue, or in the directory that it is in. */
function isShipped({ file }: DeclaredType): boolean {
  return [catalogueDirectory, dirname(catalogueDirectory)].includes(dirname(file))
}
