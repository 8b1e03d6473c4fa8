import { Command } from 'commander'
import type { IngestResult } from '../app/ingest.js'
import { listenForStop } from '../app/stop-signal.js'
import { forkWorker } from '../app/worker-process.js'
import { escapeControls } from '../errors/safe-text.js'
import { SluiceError } from '../errors/sluice-error.js'
import { loadSettings } from '../settings/load-settings.js'
import { createLogger } from '../telemetry/logger.js'
import { printAccounts, requireBalance } from './accounts.js'
import type { CommandContext } from './command-context.js'
import { showIngest } from './ingest-progress.js'
import { formatCount, formatSeconds, print, printJson } from './output.js'
import { createProgressDisplay } from './progress-display.js'

export function ingestCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('ingest')
    .description('Read files to their end, index every line, prove it, and stop.')
    .argument('<path...>', 'files, directories or glob patterns')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  sluice ingest /var/log/firewall
  sluice ingest 'logs/*.log' archive/2024.log.gz
  sluice ingest logs --json | jq .linesPerSecond

What was read before is recognised by its content and adds nothing, under
whatever name it comes. Ends with 0 only if every line is a row or a dead
letter.`,
    )
    .action(async (paths: string[], options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      // The bar and the log share standard error: only what needs attention is logged.
      const logger = createLogger(process.env.SLUICE_LOG_LEVEL === undefined ? 'warn' : settings.log.level)
      const stop = listenForStop()
      const display = createProgressDisplay(process.stderr)
      // Before our own modules are loaded: it has as many to load, on another core.
      const forked = forkWorker()
      try {
        const { ingest } = await import('../app/ingest.js')
        const result = await ingest({
          settings,
          paths,
          forked,
          logger,
          stop: stop.signal,
          onProgress: (progress) => display.update(showIngest(progress)),
        })
        display.stop()
        if (options.json) printJson(result)
        else printSummary(result)
        requireBalance(result)
        requireReadable(result)
        finish(result.inFlight === 0 ? 0 : 1)
      } finally {
        if (forked.connected) forked.disconnect()
        display.stop()
        stop.dispose()
      }
    })
}

/** @throws SluiceError SLUICE_PATH_UNREADABLE: all else is well, but not everything that was meant was read. */
function requireReadable({ unreadableFiles, warnings }: IngestResult): void {
  if (unreadableFiles === 0) return
  throw new SluiceError('SLUICE_PATH_UNREADABLE', `${unreadableFiles} files could not be read`, {
    details: warnings.slice(0, 5),
  })
}

function printSummary(result: IngestResult): void {
  const { newLines, files, seconds } = result
  const of = `${formatCount(files)} file${files === 1 ? '' : 's'}`
  print(
    newLines === 0
      ? `Nothing new: all lines of ${of} had been read before.`
      : `${formatCount(newLines)} new lines of ${of} in ${formatSeconds(seconds)}: ${formatCount(result.linesPerSecond)} lines/s.`,
  )
  for (const warning of result.warnings) print(`warning: ${escapeControls(warning)}`)
  printAccounts(result)
}
