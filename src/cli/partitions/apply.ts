import { Command } from 'commander'
import { withPool } from '../../app/connections.js'
import { loadRegistry } from '../../app/load-registry.js'
import { requireSchema } from '../../app/schema.js'
import { listenForStop } from '../../app/stop-signal.js'
import { describeCause, SluiceError } from '../../errors/sluice-error.js'
import { armFailpoints } from '../../lifecycle/failpoints.js'
import { applyRetention, selectDueDays } from '../../retention/apply-retention.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatTable, print, printJson } from '../output.js'

interface DayResult {
  readonly logType: string
  readonly day: string
  readonly outcome: string
  readonly rows: number | null
}

export function applyCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('apply')
    .description('Apply the retention of all log types now, as indexers do from time to time.')
    .option('--dry-run', 'only name the days')
    .option('--json', 'print as one JSON array')
    .action(async (options: { dryRun?: boolean; json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      armFailpoints(settings.lifecycle.failpoints)
      const stop = listenForStop()
      const results: DayResult[] = []
      let problem: SluiceError | undefined
      try {
        await withPool(
          settings,
          async (pool) => {
            await requireSchema(pool, registry.types)
            if (options.dryRun) {
              for (const { type, day, goal } of await selectDueDays(pool, registry.types)) {
                results.push({ logType: type.name, day, outcome: `would ${goal}`, rows: null })
              }
              return
            }
            await applyRetention({
              ...{ pool, types: registry.types, directory: settings.retention.directory, stop: stop.signal },
              events: {
                dayExpired: ({ logType, day, goal, rows }) =>
                  results.push({ logType, day, outcome: goal, rows: goal === 'detach' ? null : rows }),
                expiryPostponed: ({ logType, day }) => {
                  results.push({ logType, day, outcome: 'postponed', rows: null })
                  problem ??= new SluiceError('SLUICE_PARTITION_BUSY', `the table of ${logType} is in use`, {
                    expected: `a moment to take ${day} out of it`,
                  })
                },
                expiryFailed: ({ logType, day, error }) => {
                  results.push({ logType, day, outcome: `failed: ${describeCause(error)}`, rows: null })
                  problem = new SluiceError(
                    'SLUICE_RETENTION_FAILED',
                    `${logType} of ${day} has not expired`,
                    {
                      got: describeCause(error),
                      cause: error,
                    },
                  )
                },
              },
            })
          },
          'unbounded',
        )
      } finally {
        stop.dispose()
      }
      if (options.json) printJson(results)
      else if (results.length === 0) print('No day is due.')
      else
        print(
          formatTable(
            ['log type', 'day', 'outcome', 'rows'],
            results.map(({ logType, day, outcome, rows }) => [logType, day, outcome, rows]),
          ),
        )
      if (problem !== undefined) throw problem
      finish(0)
    })
}
