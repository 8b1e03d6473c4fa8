import { Command } from 'commander'
import { withPool, withRedis } from '../../app/connections.js'
import { loadRegistry } from '../../app/load-registry.js'
import { addColumns, requireColumns, requireSchema } from '../../app/schema.js'
import { listenForStop } from '../../app/stop-signal.js'
import { type Replay, replay } from '../../recovery/replay.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { ScriptedRedis } from '../../streams/scripts/index.js'
import type { CommandContext } from '../command-context.js'
import { printJson } from '../output.js'
import { createLineProgress } from './line-progress.js'
import { printReplay, replayToJson } from './replay-output.js'
import { addSelectionOptions, readSelection, type SelectionOptions } from './selection-options.js'

interface ReplayOptions extends SelectionOptions {
  dropped?: boolean
  dryRun?: boolean
  json?: boolean
}

/** Shown of each kind of change by a dry run. */
const samplesOfEach = 2

/** Lines that are rows from another file already: replayed only if they are meant by name. */
const onlyByName = ['duplicate_record']

export function replayCommand(context: CommandContext, finish: (code: number) => void): Command {
  return addSelectionOptions(
    new Command('replay').description("Try dead letters again with today's declarations."),
  )
    .option('--dropped', 'the dropped ones, too')
    .option('--dry-run', 'only show what would become of them')
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice dead-letters replay --type unclassified --dry-run
  sluice dead-letters replay --type firewall --reason bad_address
  sluice dead-letters replay --group 3fa9c1d2
  sluice dead-letters replay 42 43 firewall/1700000000000-0

Each line becomes one row, however often it is asked for, by whom, and whatever
interrupts it. Lines that fail again stay, with their count and the reason that
they have today. Declarations are looked at anew: a line that no type claimed
can become a row of any. Lines of which only the beginning is kept cannot be
replayed; those that other files brought first (duplicate_record) are left out
unless --reason names them.`,
    )
    .action(async (ids: string[], options: ReplayOptions) => {
      const selected = readSelection(ids, options)
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const stop = listenForStop()
      const run = (redis?: ScriptedRedis): Promise<Replay> =>
        withPool(settings, async (pool) => {
          await requireSchema(pool, registry.types)
          await (options.dryRun === true ? requireColumns : addColumns)(pool, registry.types)
          return replay({
            pool,
            registry,
            partitions: settings.indexer,
            asked: { ids, ...options },
            lines: selected.lines && {
              ...selected.lines,
              withDropped: options.dropped === true,
              // Who names a line by its id means it.
              withoutReasons: ids.length > 0 || options.reason !== undefined ? [] : onlyByName,
            },
            entries:
              redis && selected.entries
                ? { selection: selected.entries, redis, keyPrefix: settings.redis.keyPrefix }
                : undefined,
            dryRun: options.dryRun === true,
            samplesOfEach: options.dryRun ? samplesOfEach : 0,
            onProgress: createLineProgress(),
            stop: stop.signal,
          })
        })
      try {
        // Lines that are named need no Redis.
        const replayed = selected.entries === undefined ? await run() : await withRedis(settings, run)
        if (options.json) printJson(replayToJson(replayed))
        else printReplay(replayed, selected.lines?.ids?.length)
      } finally {
        stop.dispose()
      }
      finish(0)
    })
}
