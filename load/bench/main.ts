#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { runBench } from './bench.js'
import { type BenchReport, isEverythingRight, SECTIONS, type Section } from './bench-report.js'
import { renderChart } from './report/chart.js'
import { recordInDocs } from './report/record.js'
import { renderText } from './report/render-text.js'

const EXAMPLES = `
Sections:
  contest  naive, levels, COPY limit and Sluice, in turn        stages   processor time, memory, Redis by stage
  latency  line written to row visible at 1, 10, 50 % load      scaling  rate by number of parsers and indexers
  parse    lines a second of each log type, without I/O         sizes    rate at each of --sizes
  queries  the analysts' questions, against the naive table     cost     what a queue paid by request would cost
  catalogue  ingest with all log types of the catalogue active, against none

Starts its own PostgreSQL and Redis unless DATABASE_URL and REDIS_URL are set; that Redis has to be empty. Exits 1
unless everything that Sluice wrote was balanced, as the generator foresaw, and had all its indexes.

Examples:
  bench                                             the contest with a million lines, some minutes
  bench --all --record --save bench.json            everything, and writes docs/ anew
  bench --only contest,queries --lines 100000 --sizes 100000 --rounds 1
  bench --from bench.json --chart bench.svg         shows a run that was saved, without a new one`

interface Flags {
  all?: true
  only?: Section[]
  lines: number
  naiveLines: number
  levelLines: number
  rounds: number
  memoryRounds: number
  files: number
  seed: number
  sizes: number[]
  scalingLines: number
  latencySeconds: number
  json?: true
  chart?: string
  record?: true
  save?: string
  from?: string
}

const command = new Command('bench')
  .description('Measures Sluice against simpler pipelines and against bare COPY: same servers, same lines.')
  .option('--all', 'all sections')
  .option('--only <sections>', 'these sections, separated by commas (default: contest)', parseSections)
  .option('--lines <n>', 'lines for Sluice and COPY; of cost at most', parseCount, 1_000_000)
  .option('--naive-lines <n>', 'how many of them for the naive pipeline', parseCount, 10_000)
  .option('--level-lines <n>', 'how many of them for each level', parseCount, 200_000)
  .option('--rounds <n>', 'rounds of what runs on the servers; the median counts', parseCount, 3)
  .option('--memory-rounds <n>', 'rounds of what is measured in memory alone', parseCount, 21)
  .option('--files <n>', 'files that hold the lines', parseCount, 4)
  .option('--seed <n>', 'seed of the generator', parseCount, 1)
  .option('--sizes <n,n>', 'lines for sizes and queries', parseCounts, [1_000_000, 10_000_000])
  .option('--scaling-lines <n>', 'lines for each run of scaling', parseCount, 500_000)
  .option('--latency-seconds <n>', 'time at each load', parseCount, 10)
  .option('--json', 'print one JSON object')
  .option('--chart <file>', 'write the contest as SVG')
  .option('--record', 'write the measured sections of docs/benchmarks.md, docs/cost.md and the chart')
  .option('--save <file>', 'write the JSON to a file too')
  .option('--from <file>', 'measure nothing, show what was saved')
  .addHelpText('after', EXAMPLES)
  .action(bench)

async function bench(flags: Flags): Promise<void> {
  const report = flags.from === undefined ? await measure(flags) : await load(flags.from)
  if (flags.save !== undefined) await writeFile(flags.save, `${JSON.stringify(report)}\n`)
  if (flags.chart !== undefined) {
    if (report.contest === undefined) throw new Error('--chart: there is no contest in this run.')
    await writeFile(flags.chart, renderChart(report.contest))
  }
  if (flags.record) await recordInDocs(report)
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : renderText(report))
  if (!isEverythingRight(report)) process.exitCode = 1
}

function measure(flags: Flags): Promise<BenchReport> {
  const interrupted = new AbortController()
  // The first signal ends the programs and cleans up; a second one finds no handler and ends at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  return runBench({
    ...flags,
    sections: new Set(flags.all ? SECTIONS : (flags.only ?? ['contest'])),
    log: (line) => process.stderr.write(`${line}\n`),
    signal: interrupted.signal,
  })
}

/** Trusts the file: it is what --save wrote. */
async function load(path: string): Promise<BenchReport> {
  return JSON.parse(await readFile(path, 'utf8')) as BenchReport
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 1 or more.')
  return Number(text)
}

function parseCounts(text: string): number[] {
  return text.split(',').map(parseCount)
}

function parseSections(text: string): Section[] {
  return text.split(',').map((name) => {
    const section = SECTIONS.find((known) => known === name)
    if (section === undefined) throw new InvalidArgumentError(`Expected some of ${SECTIONS.join(', ')}.`)
    return section
  })
}

try {
  await command.parseAsync()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
