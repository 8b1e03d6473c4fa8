import { Command, Option } from 'commander'
import { allRoles, type Role } from '../app/roles.js'
import { run } from '../app/run.js'
import { listenForStop } from '../app/stop-signal.js'
import { loadSettings } from '../settings/load-settings.js'
import { createLogger } from '../telemetry/logger.js'
import type { CommandContext } from './command-context.js'

export function runCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('run')
    .description('Run the service: one role, or all of them, until SIGTERM.')
    .argument('[path...]', 'what the reader follows: files, directories, glob patterns')
    .addOption(new Option('--role <role>', 'which role').choices([...allRoles, 'all']).default('all'))
    .addHelpText(
      'after',
      `
Examples:
  sluice run /var/log/firewall '/var/log/dns/*.log'    every role on this machine
  sluice run --role reader /var/log/firewall           one role a process: as many
  sluice run --role parser                             parsers and indexers as
  sluice run --role indexer                            there is work for

Serves /metrics, /healthz and /readyz on SLUICE_HTTP_HOST:SLUICE_HTTP_PORT.
Processes on one machine need a port each; 0 takes any free one and logs it.
SIGTERM drains within SLUICE_LIFECYCLE_DRAIN_MS; a second signal ends at once.
Neither loses anything.
The schema has to be there: \`sluice migrate\`.`,
    )
    .action(async (paths: string[], options: { role: Role | 'all' }) => {
      const settings = loadSettings({ file: context.configFile })
      const stop = listenForStop()
      try {
        await run({
          settings,
          roles: options.role === 'all' ? allRoles : [options.role],
          paths: paths.length > 0 ? paths : settings.reader.paths,
          logger: createLogger(settings.log.level),
          stop: stop.signal,
        })
        finish(0)
      } finally {
        stop.dispose()
      }
    })
}
