import { Command } from 'commander'
import { withPool } from '../../app/connections.js'
import { loadRegistry } from '../../app/load-registry.js'
import { addColumns, requireSchema } from '../../app/schema.js'
import { listenForStop } from '../../app/stop-signal.js'
import { SluiceError } from '../../errors/sluice-error.js'
import type { Column, LogType } from '../../log-types/log-type.js'
import { type FillResult, fillColumn } from '../../recovery/fill-column.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatBytes, formatCount, print, printJson } from '../output.js'
import { createProgressDisplay } from '../progress-display.js'
import { requireType } from './fields.js'

const blockBytes = 8192

export function logTypeFillCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('fill')
    .description('Fill a column that was declared later from the field that old rows have in extra.')
    .argument('<type>', 'the log type')
    .argument('<column>', 'the column')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
Example:
  sluice log-types fill firewall session_id

Works in short transactions while lines come in, and can be interrupted and
repeated. A value that the column does not take stays in extra and is counted.`,
    )
    .action(async (typeName: string, columnName: string, options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const type = requireType(registry, typeName)
      const column = requireFillable(type, columnName)
      const stop = listenForStop()
      const display = createProgressDisplay(process.stderr)
      const began = performance.now()
      try {
        const result = await withPool(
          settings,
          async (pool) => {
            await requireSchema(pool, [type])
            await addColumns(pool, [type])
            return fillColumn({
              ...{ pool, type, column, stop: stop.signal },
              onProgress: ({ blocks, totalBlocks, result: { filled } }) =>
                display.update({
                  done: blocks,
                  total: totalBlocks,
                  seconds: (performance.now() - began) / 1000,
                  figures: [
                    `${formatCount(filled)} rows filled`,
                    `${formatBytes(blocks * blockBytes)} of ${formatBytes(totalBlocks * blockBytes)}`,
                  ],
                }),
            })
          },
          'unbounded',
        )
        display.stop()
        if (options.json) printJson({ logType: type.name, column: column.name, ...result })
        else printFilled(type, column, result)
        finish(0)
      } finally {
        display.stop()
        stop.dispose()
      }
    })
}

function printFilled(type: LogType, column: Column, { filled, refused }: FillResult): void {
  print(`${formatCount(filled)} rows of ${type.name} have their ${column.name} in the column now.`)
  for (const [reason, rows] of Object.entries(refused)) {
    print(`${formatCount(rows)} keep it in extra: ${reason}`)
  }
}

/** @throws SluiceError SLUICE_USAGE */
function requireFillable(type: LogType, name: string): Column {
  const fillable = type.columns.filter(({ required }) => !required)
  const column = fillable.find((one) => one.name === name)
  if (column !== undefined) return column
  throw new SluiceError('SLUICE_USAGE', `log type ${type.name} has no such column that rows may lack`, {
    expected: `one of ${fillable.map((one) => one.name).join(', ')}`,
    got: name,
  })
}
