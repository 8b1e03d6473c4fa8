import { Command } from 'commander'
import { allTypeKeys, deleteStreams, withPool, withRedis } from '../app/connections.js'
import { loadRegistry } from '../app/load-registry.js'
import { dropSchema } from '../app/schema.js'
import { SluiceError } from '../errors/sluice-error.js'
import { loadSettings } from '../settings/load-settings.js'
import { typeKeys } from '../streams/keys.js'
import type { CommandContext } from './command-context.js'
import { print } from './output.js'

export function resetCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('reset')
    .description('Remove everything of Sluice: tables with their rows, the ledger, the streams.')
    .option('--yes', 'really do it')
    .addHelpText(
      'after',
      '\nExample:\n  sluice reset --yes\n\nThe log files are not touched: ingest them again.',
    )
    .action(async (options: { yes?: boolean }) => {
      if (options.yes !== true) {
        throw new SluiceError(
          'SLUICE_CONFIRMATION_REQUIRED',
          'reset removes every row and cannot be undone',
          {
            expected: '--yes',
          },
        )
      }
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      // Types that are no longer declared have streams, too.
      const known = await withPool(settings, dropSchema)
      const former = known.map((name) => typeKeys(settings.redis.keyPrefix, name))
      await withRedis(settings, (redis) =>
        deleteStreams(redis, [...allTypeKeys(settings, registry), ...former]),
      )
      print('Everything of Sluice is removed.')
      finish(0)
    })
}
