import { Command } from 'commander'
import { withPool } from '../app/connections.js'
import { loadRegistry } from '../app/load-registry.js'
import { migrateSchema } from '../app/schema.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { print } from './output.js'

export function migrateCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('migrate')
    .description('Bring the database schema up: the ledger, and a table for every declared log type.')
    .addHelpText(
      'after',
      `
Example:
  DATABASE_URL=postgres://sluice@db/sluice sluice migrate

Safe to repeat and to run from several places at once: one migrates, the others
wait and find it done. A column that a declaration has gained is added, empty in
the rows that are there; a change that would lose or reinterpret what a table
holds is refused.`,
    )
    .action(async () => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const result = await withPool(settings, (pool) => migrateSchema(pool, registry.types), 'unbounded')
      for (const name of result.migrations) print(`applied ${name}`)
      for (const table of result.createdTables) print(`created ${table}`)
      for (const column of result.addedColumns) print(`added column ${column}`)
      for (const rollup of result.filledRollups) print(`counted for ${rollup}`)
      if (Object.values(result).every((list) => list.length === 0)) print('The schema is up to date.')
      finish(0)
    })
}
