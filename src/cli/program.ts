import { Command, CommanderError, Option } from 'commander'
import { packageVersion } from '../app/version.js'
import { SluiceError } from '../errors/sluice-error.js'
import type { CommandContext } from './command-context.js'

const exitCodesHelp = `
Exit codes:
  0  done               2  wrong use or settings    4  a path cannot be read
  1  a check failed     3  PostgreSQL or Redis     70  a fault of Sluice
                                                  130  interrupted

Settings come from the environment (REDIS_URL, DATABASE_URL, SLUICE_…), a file
(--config) and defaults; docs/configuration.md lists them, docs/errors.md what
each error asks for.`

type MakeCommand = (context: CommandContext, finish: (code: number) => void) => Command

/** In the order of the help. Loaded when needed: all of them load for longer than some of them work. */
const commands: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  ingest: async () => (await import('./ingest.js')).ingestCommand,
  run: async () => (await import('./run.js')).runCommand,
  migrate: async () => (await import('./migrate.js')).migrateCommand,
  reset: async () => (await import('./reset.js')).resetCommand,
  status: async () => (await import('./status.js')).statusCommand,
  reconcile: async () => (await import('./reconcile.js')).reconcileCommand,
  'dead-letters': async () => (await import('./dead-letters/index.js')).deadLettersCommand,
  reprocess: async () => (await import('./reprocess.js')).reprocessCommand,
  trace: async () => (await import('./trace.js')).traceCommand,
  partitions: async () => (await import('./partitions/index.js')).partitionsCommand,
  rollups: async () => (await import('./rollups.js')).rollupsCommand,
  'log-types': async () => (await import('./log-types/index.js')).logTypesCommand,
  queries: async () => (await import('./queries.js')).queriesCommand,
}

/** The commands that the arguments may mean; all where help or a wrong name wants the whole list. */
function commandsFor(args: readonly string[]): Array<() => Promise<MakeCommand>> {
  const wantsHelp = args.some((arg) => ['help', '--help', '-h'].includes(arg))
  const named = Object.entries(commands).filter(([name]) => args.includes(name))
  const chosen = wantsHelp || named.length === 0 ? Object.entries(commands) : named
  return chosen.map(([, load]) => load)
}

/** Parses arguments and runs a command; returns the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = new Command('sluice')
    .description('Log files in, queryable typed PostgreSQL tables out, every line accounted for.')
    .version(packageVersion(), '--version', 'print the version')
    .addOption(new Option('--config <file>', 'settings file (YAML or JSON)'))
    .helpCommand('help [command]', 'print help')
    .addHelpText('after', exitCodesHelp)
  const context: CommandContext = {
    get configFile() {
      return program.opts<{ config?: string }>().config
    },
  }
  const finish = (code: number) => {
    exitCode = code
  }
  // What commander would write: the help of a command that was called without a subcommand, and error messages,
  // which are thrown as well.
  let written = ''
  const adapt = (command: Command) =>
    command
      .helpOption('-h, --help', 'print help')
      .exitOverride()
      .configureOutput({
        writeErr: (text) => {
          written += text
        },
      })
  adapt(program)
  for (const load of commandsFor(args)) {
    const added = (await load())(context, finish)
    for (const one of [added, ...added.commands]) adapt(one)
    program.addCommand(added)
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    // Without a command commander shows the help, and calls that an error.
    if (error.code === 'commander.help') {
      process.stderr.write(written)
      return 2
    }
    const [message = '', suggestion] = error.message.replace(/^error: (command-argument )?/, '').split('\n')
    throw new SluiceError('SLUICE_USAGE', message, {
      hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'See `sluice --help`, or `sluice COMMAND --help`.',
    })
  }
  return exitCode
}
