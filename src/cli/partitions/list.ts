import { Command } from 'commander'
import { withPool } from '../../app/connections.js'
import { loadRegistry } from '../../app/load-registry.js'
import { requireSchema } from '../../app/schema.js'
import { type PartitionReport, readPartitions } from '../../retention/read-partitions.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatBytes, formatCount, formatTable, print, printJson, shortenPath } from '../output.js'
import { selectTypeTables } from './type-tables.js'

export function listCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('list')
    .description('The days of each table, with their sizes, and those that left it.')
    .option('--type <type>', 'only of this log type')
    .option('--json', 'print as one JSON array')
    .action(async (options: { type?: string; json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const reports = await withPool(settings, async (pool) => {
        await requireSchema(pool, [])
        return readPartitions(pool, await selectTypeTables(pool, options.type), registry.types)
      })
      if (options.json) printJson(reports)
      else printReports(reports)
      finish(0)
    })
}

function printReports(reports: readonly PartitionReport[]): void {
  print(
    formatTable(
      ['log type', 'day', 'state', 'rows', 'table', 'indexes', 'built', 'file', 'path'],
      reports.map((report) => [
        report.logType,
        report.day ?? (report.state === 'default' ? 'all others' : report.table),
        report.state,
        describeRows(report),
        describeBytes(report.tableBytes),
        describeBytes(report.indexBytes),
        report.indexed === null ? '' : report.indexed ? 'yes' : 'no',
        describeBytes(report.file?.bytes ?? null),
        shortenPath(report.file?.path ?? ''),
      ]),
    ),
  )
  print('')
  print('~ is an estimate of PostgreSQL; ? before its first ANALYZE of the table.')
}

function describeRows({ rows, rowsAreEstimated }: PartitionReport): string {
  if (rows === null) return '?'
  return rowsAreEstimated && rows > 0 ? `~${formatCount(rows)}` : formatCount(rows)
}

function describeBytes(bytes: number | null): string {
  return bytes === null ? '' : formatBytes(bytes)
}
