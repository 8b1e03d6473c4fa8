import { Command } from 'commander'
import type { CommandContext } from '../command-context.js'
import { dropCommand } from './drop.js'
import { listCommand } from './list.js'
import { replayCommand } from './replay.js'
import { showCommand } from './show.js'

export function deadLettersCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('dead-letters')
    .description('Look at the lines that no row could be made of, try them again, or drop them.')
    .addCommand(listCommand(context, finish))
    .addCommand(showCommand(context, finish))
    .addCommand(replayCommand(context, finish))
    .addCommand(dropCommand(context, finish))
    .addHelpText(
      'after',
      `
Examples:
  sluice dead-letters list
  sluice dead-letters list --type firewall --reason bad_address
  sluice dead-letters show 42
  sluice dead-letters replay --type unclassified --dry-run
  sluice dead-letters drop --group 3fa9c1d2 --because 'banner of the old appliance'`,
    )
}
