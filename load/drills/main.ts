#!/usr/bin/env node
import { Command } from 'commander'
import { formatBriefing, formatQuestions } from './briefing.js'
import { runDrill } from './run-drill.js'
import { drills } from './scripts/index.js'

interface Flags {
  readonly list?: true
  readonly explain?: true
  readonly pause?: true
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

const EXAMPLES = `
Examples:
  npm run drills -- --list                       what there is
  npm run drills -- --explain stop-postgres      what happens, where to look, what to discuss
  npm run drills -- stop-postgres --pause        the recovery waits for Enter

They break the stack of docker-compose.yml that runs on this machine, and repair it. Interrupted, they repair it, too.`

const command: Command = new Command('drills')
  .description('Failures for a team to cause, watch and discuss, on the stack of docker-compose.yml.')
  .argument('[name]', 'the drill')
  .option('--list', 'name the drills and end')
  .option('--explain', 'print where to look and what to discuss, and end')
  .option('--pause', 'keep the fault up until Enter is pressed')
  .addHelpText('after', EXAMPLES)
  .action(async (name: string | undefined, flags: Flags) => {
    if (flags.list) return print(drills.map((one) => `${one.name.padEnd(16)}${one.title}`).join('\n'))
    const drill = drills.find((one) => one.name === name)
    if (drill === undefined) command.error('error: expected the name of a drill; --list names them')
    if (flags.explain) return print(formatBriefing(drill) + formatQuestions(drill))
    const interrupted = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupted.abort())
    const passed = await runDrill(drill, {
      print,
      pause: flags.pause ?? false,
      signal: interrupted.signal,
    })
    print(passed ? '\npassed' : '\nfailed')
    if (!passed) process.exitCode = 1
  })

try {
  await command.parseAsync()
} catch (error) {
  if (error instanceof Error && error.name === 'AbortError') {
    print('\ninterrupted; the fault is taken back, the load goes on')
    process.exit(130)
  }
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
