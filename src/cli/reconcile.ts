import { Command } from 'commander'
import { withPool } from '../app/connections.js'
import { requireSchema } from '../app/schema.js'
import { reconcile } from '../ledger/reconcile.js'
import { loadSettings } from '../settings/load-settings.js'
import { printAccounts, requireBalance } from './accounts.js'
import type { CommandContext } from './command-context.js'
import { printJson } from './output.js'

export function reconcileCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('reconcile')
    .description('Prove that every line that was read is a row, a dead letter or still on its way.')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice reconcile
  sluice reconcile --json | jq .balanced

Counts the rows of every table by source and compares with the ledger, in one
snapshot. Ends with 1 when something does not add up, and says what.`,
    )
    .action(async (options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const result = await withPool(
        settings,
        async (pool) => {
          await requireSchema(pool, [])
          return reconcile(pool)
        },
        'unbounded',
      )
      if (options.json) printJson(result)
      else printAccounts(result)
      requireBalance(result)
      finish(0)
    })
}
