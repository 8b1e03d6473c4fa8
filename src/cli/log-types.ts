import { Command } from 'commander'
import { loadRegistry } from '../app/connections.js'
import { escapeControls } from '../errors/safe-text.js'
import { findConflicts } from '../log-types/detection/find-conflicts.js'
import { checkSamples, type SamplesReport } from '../log-types/samples/check-samples.js'
import { loadSamples } from '../log-types/samples/load-samples.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatCount, formatTable, print, printJson } from './output.js'

export function logTypesCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('log-types')
    .description('Look at the declared log types, validate them, try their samples.')
    .addCommand(listCommand(context, finish))
    .addCommand(checkCommand(context, finish))
    .addCommand(testCommand(context, finish))
    .addHelpText(
      'after',
      `
Examples:
  sluice log-types list
  sluice log-types test
  SLUICE_LOG_TYPES_DIRECTORY=./my-types sluice log-types check

None of them needs PostgreSQL or Redis. docs/log-types.md says how a type is
declared.`,
    )
}

function listCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('list')
    .description('List the log types in the order in which they are tried on a line.')
    .option('--json', 'print as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const { types } = await loadRegistry(settings)
      if (options.json) {
        const shown = types.map(({ name, version, table, columns, indexes }) => ({
          name,
          version,
          table,
          columns,
          indexes,
        }))
        printJson({ directory: settings.logTypes.directory, logTypes: shown })
      } else {
        const rows = types.map((type) => [
          type.name,
          String(type.version),
          type.table,
          type.columns.map((column) => column.name).join(' '),
        ])
        print(formatTable(['log type', 'version', 'table', 'columns'], rows))
      }
      finish(0)
    })
}

function checkCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('check')
    .description('Validate every declaration, and look for types that take the lines of others.')
    .addHelpText('after', '\nEnds with 1 when a type gets lines that are meant for another.')
    .action(async () => {
      const settings = loadSettings({ file: context.configFile })
      const { directory } = settings.logTypes
      const registry = await loadRegistry(settings)
      const { types } = registry
      const declared = types.length === 1 ? '1 log type is' : `${formatCount(types.length)} log types are`
      print(`${declared} well declared in ${escapeControls(directory)}.`)
      const conflicts = findConflicts(registry, await loadSamples(directory, registry))
      for (const { logType, claimedBy, evidence } of conflicts) {
        print(
          `conflict: ${claimedBy} comes before ${logType} and takes its lines: ${escapeControls(evidence)}`,
        )
      }
      if (conflicts.length > 0) print('Give the type with the narrower detect the lower order.')
      finish(conflicts.length === 0 ? 0 : 1)
    })
}

function testCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('test')
    .description('Try the samples of every log type: lines, and what is to become of them.')
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Samples are in samples/NAME.yaml beside the declarations. Ends with 1 when one
fails; a type without samples is a warning.`,
    )
    .action(async (options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const { directory } = settings.logTypes
      const registry = await loadRegistry(settings)
      const reports = checkSamples(registry, await loadSamples(directory, registry))
      const passed = reports.every(({ failures }) => failures.length === 0)
      if (options.json) printJson({ passed, directory, logTypes: reports.map(toJson) })
      else printReports(reports)
      finish(passed ? 0 : 1)
    })
}

function toJson({ logType, file, samples, failures }: SamplesReport): Record<string, unknown> {
  return {
    name: logType,
    file,
    samples,
    passed: samples - failures.length,
    failed: failures.length,
    failures: failures.map(({ fileLine, line, expected, got }) => ({
      fileLine,
      lineBase64: line.toString('base64'),
      expected,
      got,
    })),
  }
}

/** Of a line so much is shown: enough to find it, and an oversize one does not fill the screen. */
const shownLineLength = 300

function printReports(reports: readonly SamplesReport[]): void {
  const rows = reports.map(({ logType, samples, failures }) => [
    logType,
    samples,
    samples - failures.length,
    failures.length,
  ])
  print(formatTable(['log type', 'samples', 'passed', 'failed'], rows))
  for (const { logType, samples, file } of reports) {
    if (samples === 0) print(`\nwarning: ${logType} has no samples; they would be in ${escapeControls(file)}`)
  }
  for (const failure of reports.flatMap(({ failures }) => failures)) {
    const line = escapeControls(failure.line.toString('utf8'))
    print(`\nfailed: ${escapeControls(failure.file)}, line ${failure.fileLine}`)
    print(`  line:      ${line.length > shownLineLength ? `${line.slice(0, shownLineLength)}…` : line}`)
    print(`  expected:  ${escapeControls(failure.expected)}`)
    print(`  got:       ${escapeControls(failure.got)}`)
  }
}
