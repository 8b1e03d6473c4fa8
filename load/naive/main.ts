#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { runNaive } from './run-naive.js'

const EXAMPLES = `
Reads DATABASE_URL and REDIS_URL, replaces the table naive.logs, prints one JSON object.

Example:
  naive --lines 20000 /tmp/logs/logs_0000.log`

// The annotation lets the compiler know that command.error does not return.
const command: Command = new Command('naive')
  .description('The simplest pipeline that could work: a list in Redis, one row and one commit a line.')
  .argument('<files...>', 'uncompressed log files')
  .option('--lines <n>', 'take only the first n lines (default: all)', parseLines, Number.MAX_SAFE_INTEGER)
  .addHelpText('after', EXAMPLES)
  .action(async (paths: string[], { lines }: { lines: number }) => {
    const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env
    if (!databaseUrl || !redisUrl) {
      command.error('error: DATABASE_URL and REDIS_URL must both be set, for example by `npm run services`')
    }
    const result = await runNaive({ databaseUrl, redisUrl, paths, lines })
    process.stdout.write(`${JSON.stringify(result)}\n`)
  })

function parseLines(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 1 or more.')
  return Number(text)
}

try {
  await command.parseAsync()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
