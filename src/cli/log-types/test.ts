import { Command } from 'commander'
import { escapeControls } from '../../errors/safe-text.js'
import { loadLogTypesFrom } from '../../log-types/registry.js'
import { checkSamples, type SamplesReport } from '../../log-types/samples/check-samples.js'
import { loadAllSamples } from '../../log-types/samples/load-samples.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatTable, print, printJson } from '../output.js'
import { requireType } from './fields.js'

export function testCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('test')
    .description('Try the samples of every log type, or of one: lines, and what is to become of them.')
    .argument('[type]', 'name of a log type; default: all')
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice log-types test
  sluice log-types test firewall

Samples are in samples/NAME.yaml beside the declarations; those of the catalogue
are tried as well, active or not. Each is tried on all types, as lines are. Ends
with 1 when one fails; a type without samples is a warning.`,
    )
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const { logTypes } = loadSettings({ file: context.configFile })
      const { directory } = logTypes
      const loaded = await loadLogTypesFrom(logTypes, 'all')
      const wanted = name === undefined ? undefined : requireType(loaded.registry, name).name
      const samples = await loadAllSamples(loaded)
      const chosen = samples.filter(({ logType }) => wanted === undefined || logType === wanted)
      const reports = checkSamples(loaded.registry, chosen)
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
