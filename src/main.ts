#!/usr/bin/env node
import { runProgram } from './cli/program.js'
import { exitCodeOf, formatError } from './errors/sluice-error.js'

// Whoever reads the output may have seen enough, as `| head` does. The work goes on, and nobody misses the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

/** argv to command. The only place, but for a second signal while draining, where the process is ended. */
try {
  process.exitCode = await runProgram(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${formatError(error)}\n`)
  process.exitCode = exitCodeOf(error)
}
// What still holds the event loop (a socket that does not close) must not hold the command.
setTimeout(() => process.exit(), 1000).unref()
