import { Command } from 'commander'
import { withPool } from '../app/connections.js'
import { loadRegistry } from '../app/load-registry.js'
import { addColumns, requireColumns, requireSchema } from '../app/schema.js'
import { listenForStop } from '../app/stop-signal.js'
import { SluiceError } from '../errors/sluice-error.js'
import { selectTables } from '../recovery/old-rows.js'
import { reprocess } from '../recovery/reprocess.js'
import type { ReprocessResult } from '../recovery/reprocess-result.js'
import { loadSettings } from '../settings/load-settings.js'
import { unclassified } from '../streams/keys.js'
import { createLogger } from '../telemetry/logger.js'
import type { CommandContext } from './command-context.js'
import { moment } from './moment.js'
import { printJson } from './output.js'
import { positiveInt4 } from './positive-integer.js'
import { createProgressDisplay } from './progress-display.js'
import { showReprocess } from './reprocess-progress.js'
import { printReprocessed, toJson } from './reprocess-summary.js'

interface Options {
  type: string
  from: string
  to: string
  olderThan?: number
  search?: string[]
  dryRun?: boolean
  json?: boolean
}

export function reprocessCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('reprocess')
    .description('Parse what is indexed again, from the files, with the log types as they are declared now.')
    .requiredOption('--type <type>', 'the log type')
    .requiredOption('--from <time>', 'ISO 8601; rows with this timestamp or a later one', moment)
    .requiredOption('--to <time>', 'rows with an earlier timestamp than this', moment)
    .option('--older-than <version>', 'only what an older version of the type parsed', positiveInt4)
    .option('--search <path...>', 'where to look for files that are not where they were')
    .option('--dry-run', 'change nothing, say what would change')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice reprocess --type firewall --from 2024-01-15 --to 2024-01-16 --dry-run
  sluice reprocess --type firewall --from 2024-01-15T10:00:00Z --to 2024-01-15T12:00:00Z
  sluice reprocess --type dns --from 2024-01-01 --to 2025-01-01 --older-than 3 \\
    --search /archive/2024

Works batch by batch, and takes every batch with a row in the window whole.
Queries see a batch as it was or as it is to be. Interrupted, the same command
goes on. Ends with 1 if files are gone: what they held stays as it is.`,
    )
    .action(async (options: Options) => {
      if (Date.parse(options.from) >= Date.parse(options.to)) {
        throw new SluiceError('SLUICE_USAGE', 'the window of time is empty', {
          expected: '--from before --to',
          got: `${options.from} and ${options.to}`,
        })
      }
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      // The bar and the log share standard error: only what needs attention is logged.
      const logger = createLogger(process.env.SLUICE_LOG_LEVEL === undefined ? 'warn' : settings.log.level)
      const stop = listenForStop()
      const display = createProgressDisplay(process.stderr)
      try {
        const result = await withPool(settings, async (pool) => {
          await requireSchema(pool, registry.types)
          await (options.dryRun === true ? requireColumns : addColumns)(pool, registry.types)
          const known = (await selectTables(pool)).map(({ logType }) => logType)
          refuseUnknownType(options.type, [...known, unclassified])
          const { type: logType, from, to, olderThan } = options
          return reprocess({
            ...{ pool, registry, settings, logger, stop: stop.signal },
            selection: { logType, from, to, ...(olderThan === undefined ? {} : { olderThan }) },
            search: options.search ?? [],
            dryRun: options.dryRun === true,
            onProgress: (progress) => display.update(showReprocess(progress)),
          })
        })
        display.stop()
        if (options.json) printJson(toJson(options.type, result))
        else printReprocessed(options.type, result)
        requireComplete(result)
        finish(0)
      } finally {
        display.stop()
        stop.dispose()
      }
    })
}

function refuseUnknownType(logType: string, known: readonly string[]): void {
  if (known.includes(logType)) return
  throw new SluiceError('SLUICE_USAGE', 'there is no such log type', {
    expected: `--type with one of ${known.join(', ')}`,
    got: logType,
  })
}

/** @throws SluiceError SLUICE_REPROCESS_INCOMPLETE */
function requireComplete({ batches, refused, inFlight, refusals }: ReprocessResult): void {
  if (refused + inFlight === 0) return
  const reasons = [
    ...(refused > 0 ? [`${refused} could not be read again`] : []),
    ...(inFlight > 0 ? [`${inFlight} are of chunks that are still in flight`] : []),
  ]
  throw new SluiceError('SLUICE_REPROCESS_INCOMPLETE', `of ${batches} batches ${reasons.join(', ')}`, {
    ...(refusals.length === 0
      ? { hint: 'Run the command again when `sluice status` shows nothing in flight: it goes on from there.' }
      : {}),
  })
}
