import { Command } from 'commander'
import { withPool } from '../../app/connections.js'
import { requireSchema } from '../../app/schema.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { selectExpiredDays } from '../../ledger/expired-days.js'
import { armFailpoints } from '../../lifecycle/failpoints.js'
import { restoreDay } from '../../retention/restore-day.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, print, printJson } from '../output.js'
import { positiveInt4 } from '../positive-integer.js'
import { isoDay } from './iso-day.js'
import { selectTypeTables } from './type-tables.js'

interface Options {
  type: string
  day: string
  keepDays: number
  json?: boolean
}

const defaultKeepDays = 7

export function restoreCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('restore')
    .description(
      'Put the rows of a day back into their table, from its files or from where it was detached to.',
    )
    .requiredOption('--type <type>', 'the log type')
    .requiredOption('--day <day>', 'the day, UTC, as YYYY-MM-DD', isoDay)
    .option('--keep-days <days>', 'how long retention leaves it alone', positiveInt4, defaultKeepDays)
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Example:
  sluice partitions restore --type firewall --day 2023-11-05 --keep-days 30

All or nothing for each file: it has to be the one that was written, and its
rows those that the ledger counts. The file stays where it is.`,
    )
    .action(async (options: Options) => {
      const settings = loadSettings({ file: context.configFile })
      armFailpoints(settings.lifecycle.failpoints)
      const { type: logType, day, keepDays } = options
      const result = await withPool(
        settings,
        async (pool) => {
          await requireSchema(pool, [])
          await selectTypeTables(pool, logType)
          const all = await selectExpiredDays(pool, {
            logType,
            day,
            states: ['detached', 'exported', 'dropped'],
          })
          const dropped = all.filter(({ state }) => state === 'dropped')
          let rows = 0
          let restored = 0
          for (const { id, state } of all) {
            if (state === 'dropped') continue
            const back = await restoreDay(pool, id, {
              keepDays,
              partitionsFrom: settings.indexer.partitionsFrom,
            })
            if (back === undefined) continue
            rows += back
            restored++
          }
          return { restored, rows, droppedRows: dropped.reduce((sum, one) => sum + (one.rows ?? 0), 0) }
        },
        'unbounded',
      )
      if (result.restored === 0) {
        throw new SluiceError('SLUICE_USAGE', `nothing of ${logType} of ${day} can be restored`, {
          expected: 'a day that is detached or exported; `sluice partitions` lists them',
          got: result.droppedRows > 0 ? `${result.droppedRows} rows that were dropped` : 'no such day',
        })
      }
      if (options.json) printJson({ logType, day, ...result })
      else
        print(
          `${day} restored, ${formatCount(result.rows)} rows; retention leaves it alone for ${keepDays} days.`,
        )
      finish(0)
    })
}
