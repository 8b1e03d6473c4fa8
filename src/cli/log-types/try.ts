import { Command } from 'commander'
import { listenForStop } from '../../app/stop-signal.js'
import { tryLogTypes } from '../../app/try-log-types.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { printJson } from '../output.js'
import { positiveInteger } from '../positive-integer.js'
import { createProgressDisplay } from '../progress-display.js'
import { printTry, showTry, tryToJson } from './try-output.js'

const defaultShownLines = 5

export function tryCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('try')
    .description('Try files: how many lines are of which type, and which are refused or of no type.')
    .argument('<path...>', 'files, directories or glob patterns; gzip too')
    .option('--show <n>', 'lines of no type to show', positiveInteger, defaultShownLines)
    .option('--json', 'print as one JSON object')
    .addHelpText(
      'after',
      `
Nothing is written anywhere. Types of the catalogue that are not active are
tried as well, and marked. Ends with 0 whatever the lines are.`,
    )
    .action(async (paths: string[], options: { show: number; json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const stop = listenForStop()
      const display = createProgressDisplay(process.stderr)
      try {
        const result = await tryLogTypes({
          settings,
          paths,
          shownLines: options.show,
          stop: stop.signal,
          onProgress: (progress) => display.update(showTry(progress)),
        })
        display.stop()
        if (options.json) printJson(tryToJson(result))
        else printTry(result)
        finish(stop.signal.aborted ? 130 : 0)
      } finally {
        display.stop()
        stop.dispose()
      }
    })
}
