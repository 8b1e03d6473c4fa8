#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { compare } from './compare.js'
import { formatComparison } from './comparison.js'

const EXAMPLES = `
Starts its own PostgreSQL and Redis unless DATABASE_URL and REDIS_URL are set. Exits 1 unless Sluice's result is
balanced and is what the generator foresaw.

Example:
  bench --lines 1000000 --naive-lines 20000`

interface Flags {
  lines: number
  naiveLines: number
  files: number
  seed: number
  hostile: number
  json?: true
}

const command = new Command('bench')
  .description('Measures Sluice against the naive pipeline: same servers, same files, same run.')
  .option('--lines <n>', 'lines for Sluice', parseCount, 1_000_000)
  .option('--naive-lines <n>', 'how many of them for the naive pipeline', parseCount, 20_000)
  .option('--files <n>', 'files that hold the lines', parseCount, 4)
  .option('--seed <n>', 'seed of the generator', parseCount, 1)
  .option('--hostile <percent>', 'share of hostile lines', Number, 0)
  .option('--json', 'print one JSON object')
  .addHelpText('after', EXAMPLES)
  .action(runFirstMark)

async function runFirstMark({ lines, naiveLines, files, seed, hostile, json }: Flags): Promise<void> {
  const interrupted = new AbortController()
  // The first signal ends the programs and cleans up; a second one finds no handler and ends at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  const comparison = await compare({
    lines,
    naiveLines,
    files,
    seed,
    hostilePercent: hostile,
    log: (line) => process.stderr.write(`${line}\n`),
    signal: interrupted.signal,
  })
  process.stdout.write(json ? `${JSON.stringify(comparison)}\n` : formatComparison(comparison))
  if (!comparison.sluice.balanced || !comparison.sluice.verified) process.exitCode = 1
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 1 or more.')
  return Number(text)
}

try {
  await command.parseAsync()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
