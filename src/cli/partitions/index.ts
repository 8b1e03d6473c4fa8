import { Command } from 'commander'
import type { CommandContext } from '../command-context.js'
import { applyCommand } from './apply.js'
import { expireCommand } from './expire.js'
import { listCommand } from './list.js'
import { restoreCommand } from './restore.js'

export function partitionsCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('partitions')
    .description('Show the days of the tables, take old ones out, and put them back.')
    .addCommand(listCommand(context, finish), { isDefault: true })
    .addCommand(applyCommand(context, finish))
    .addCommand(expireCommand(context, finish, 'export'))
    .addCommand(expireCommand(context, finish, 'detach'))
    .addCommand(expireCommand(context, finish, 'drop'))
    .addCommand(restoreCommand(context, finish))
    .addHelpText(
      'after',
      `
Examples:
  sluice partitions
  sluice partitions --type firewall --json
  sluice partitions apply --dry-run
  sluice partitions export --type firewall --before 2024-01-01 --to /archive
  sluice partitions restore --type firewall --day 2023-11-05
  sluice partitions drop --type dns --day 2023-11-05 --yes

Whatever leaves a table stays in the proof: see \`sluice reconcile\`.`,
    )
}
