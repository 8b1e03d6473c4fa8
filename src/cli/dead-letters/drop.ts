import { Command } from 'commander'
import { withPool, withRedis } from '../../app/connections.js'
import { requireSchema } from '../../app/schema.js'
import { listenForStop } from '../../app/stop-signal.js'
import { type Dropped, drop } from '../../dead-letters/drop.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { ScriptedRedis } from '../../streams/scripts/index.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, print, printJson } from '../output.js'
import { createLineProgress } from './line-progress.js'
import { addSelectionOptions, readSelection, type SelectionOptions } from './selection-options.js'

interface DropOptions extends SelectionOptions {
  because: string
  dryRun?: boolean
  json?: boolean
}

export function dropCommand(context: CommandContext, finish: (code: number) => void): Command {
  return addSelectionOptions(
    new Command('drop').description('Drop dead letters that nobody needs to look at again, and say why.'),
  )
    .requiredOption('--because <text>', 'the reason, which is kept')
    .option('--dry-run', 'only count them')
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice dead-letters drop --group 3fa9c1d2 --because 'banner of the old appliance'
  sluice dead-letters drop 42 43 --because 'test lines'

Dropped lines stay in sluice.dead_letters and in the proof, with the reason;
list hides them and replay leaves them out unless told --dropped. Entries that
could not be opened are removed: what they carried comes from its file again,
unless it is in the tables already.`,
    )
    .action(async (ids: string[], options: DropOptions) => {
      const selected = readSelection(ids, options)
      const because = options.because.trim()
      if (because === '')
        throw new SluiceError('SLUICE_USAGE', 'the reason is empty', { expected: '--because TEXT' })
      const settings = loadSettings({ file: context.configFile })
      const stop = listenForStop()
      const run = (redis?: ScriptedRedis): Promise<Dropped> =>
        withPool(settings, async (pool) => {
          await requireSchema(pool, [])
          return drop({
            pool,
            asked: { ids, ...options },
            because,
            lines: selected.lines,
            entries:
              redis && selected.entries
                ? { selection: selected.entries, redis, keyPrefix: settings.redis.keyPrefix }
                : undefined,
            dryRun: options.dryRun === true,
            onProgress: createLineProgress(),
            stop: stop.signal,
          })
        })
      try {
        const dropped = selected.entries === undefined ? await run() : await withRedis(settings, run)
        if (options.json) printJson(dropped)
        else printDropped(dropped)
      } finally {
        stop.dispose()
      }
      finish(0)
    })
}

function printDropped({ dryRun, lines, entries }: Dropped): void {
  const what = dryRun ? 'would be dropped' : 'dropped'
  if (lines + entries.length === 0) print('No such dead letters.')
  if (lines > 0) print(`${formatCount(lines)} dead letter${lines === 1 ? '' : 's'} ${what}.`)
  if (entries.length > 0)
    print(
      `${formatCount(entries.length)} ${entries.length === 1 ? 'entry' : 'entries'} that could not be opened ${what}.`,
    )
}
