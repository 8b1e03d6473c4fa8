import { Command } from 'commander'
import type { CommandContext } from '../command-context.js'
import { checkCommand } from './check.js'
import { logTypeFieldsCommand } from './fields.js'
import { logTypeFillCommand } from './fill.js'
import { listCommand } from './list.js'
import { newCommand } from './new.js'
import { testCommand } from './test.js'
import { tryCommand } from './try.js'

export function logTypesCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('log-types')
    .description('Look at the declared log types, validate them, try them on lines, draft new ones.')
    .addCommand(listCommand(context, finish))
    .addCommand(checkCommand(context, finish))
    .addCommand(testCommand(context, finish))
    .addCommand(tryCommand(context, finish))
    .addCommand(newCommand(context, finish))
    .addCommand(logTypeFieldsCommand(context, finish))
    .addCommand(logTypeFillCommand(context, finish))
    .addHelpText(
      'after',
      `
Examples:
  sluice log-types list
  sluice log-types test
  sluice log-types try /var/log/vpn
  sluice log-types new vpn --from vpn.log --out my-types
  SLUICE_LOG_TYPES_DIRECTORY=./my-types sluice log-types check

Only fields and fill need PostgreSQL, and none of them Redis.
docs/log-types.md says how a type is declared.`,
    )
}
