import { Command, InvalidArgumentError, Option } from 'commander'
import type { Rotation } from './layout.js'
import { DEFAULT_OPTIONS, type GenerateOptions } from './options.js'
import { defaultOraclePath, writeOracle } from './oracle.js'
import { LOG_TYPES, type LogType } from './record.js'
import { writeLogs } from './write-logs.js'

interface Flags {
  out: string
  lines: number
  files: number
  seed: number
  shares: GenerateOptions['shares']
  start: number
  eventsPerSecond: number
  hostile: number
  gzip?: true
  oracle?: string
  rate?: number
  rotate?: Rotation
  rotateLines?: number
}

const EXAMPLES = `
Examples:
  A million lines in four files, and beside them what must become of each line:
    generate --out /tmp/logs --lines 1000000 --files 4
  The same with 2 % hostile lines, compressed:
    generate --out /tmp/logs --lines 1000000 --files 4 --hostile 2 --gzip
  A file that grows by 500 lines a second and rotates every 5000 lines:
    generate --out /tmp/logs --lines 60000 --rate 500 --rotate copytruncate --rotate-lines 5000

Equal options give equal bytes. The oracle holds the options, the totals and a digest of every file.`

export function createCommand(): Command {
  return new Command('generate')
    .description('Writes log files whose outcome in the database is known line by line.')
    .requiredOption('--out <directory>', 'new or empty directory for logs_0000.log, logs_0001.log, …')
    .option('--lines <n>', 'lines in all files together', parseCount, DEFAULT_OPTIONS.lines)
    .option('--files <n>', 'files, consecutive in time', parseCount, DEFAULT_OPTIONS.files)
    .option('--seed <n>', 'decides every random choice', parseCount, DEFAULT_OPTIONS.seed)
    .addOption(
      new Option('--shares <weights>', 'weights of the log types')
        .argParser(parseShares)
        .default(DEFAULT_OPTIONS.shares, 'firewall=50,dns=30,auth=20'),
    )
    .addOption(
      new Option('--start <time>', 'time of the first event, ISO 8601')
        .argParser(parseStart)
        .default(DEFAULT_OPTIONS.startMs, new Date(DEFAULT_OPTIONS.startMs).toISOString()),
    )
    .option(
      '--events-per-second <n>',
      'events per second of log time',
      parsePositive,
      DEFAULT_OPTIONS.eventsPerSecond,
    )
    .option(
      '--hostile <percent>',
      'share of lines meant to break a parser',
      parsePercent,
      DEFAULT_OPTIONS.hostilePercent,
    )
    .option('--gzip', 'write logs_0000.log.gz, …')
    .option(
      '--oracle <file>',
      'what must be found afterwards (default: <out>.oracle.json, beside the directory)',
    )
    .option('--rate <lines>', 'write so many lines per second of real time', parsePositive)
    .addOption(new Option('--rotate <how>', 'rotate growing files').choices(['rename', 'copytruncate']))
    .option('--rotate-lines <n>', 'lines until a rotation', parseCount)
    .addHelpText('after', EXAMPLES)
    .action(runGenerate)
}

async function runGenerate(flags: Flags, command: Command): Promise<void> {
  if ((flags.rotate === undefined) !== (flags.rotateLines === undefined)) {
    command.error('error: --rotate and --rotate-lines belong together')
  }
  const startedMs = performance.now()
  const oracle = await writeLogs(
    {
      seed: flags.seed,
      lines: flags.lines,
      files: flags.files,
      shares: flags.shares,
      startMs: flags.start,
      eventsPerSecond: flags.eventsPerSecond,
      hostilePercent: flags.hostile,
      rotateLines: flags.rotateLines ?? 0,
    },
    {
      directory: flags.out,
      gzip: flags.gzip ?? false,
      ...(flags.rotate !== undefined && { rotation: flags.rotate }),
      ...(flags.rate !== undefined && { linesPerSecond: flags.rate }),
    },
  )
  const oraclePath = flags.oracle ?? defaultOraclePath(flags.out)
  await writeOracle(oraclePath, oracle)
  const { lines, bytes, rows, deadLettered } = oracle.totals
  const seconds = (performance.now() - startedMs) / 1000
  process.stderr.write(
    `${lines} lines (${bytes} bytes) in ${oracle.files.length} files in ${seconds.toFixed(1)} s: ` +
      `${rows} rows and ${deadLettered} dead letters expected. Oracle: ${oraclePath}\n`,
  )
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 0 or more.')
  return Number(text)
}

function parsePositive(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number > 0 && Number.isFinite(number))) {
    throw new InvalidArgumentError('Expected a number above 0.')
  }
  return number
}

function parsePercent(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && number <= 100)) {
    throw new InvalidArgumentError('Expected a number from 0 to 100.')
  }
  return number
}

function parseStart(text: string): number {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)?$/.exec(text) ?? []
  const startMs = day === undefined ? Number.NaN : Date.parse(text)
  // Date.parse turns 31 February into March.
  if (Number.isNaN(startMs) || !new Date(startMs).toISOString().startsWith(day!)) {
    throw new InvalidArgumentError('Expected a time in UTC such as 2024-01-15T00:00:00Z.')
  }
  return startMs
}

/** Types that are not named get none of the lines. */
function parseShares(text: string): GenerateOptions['shares'] {
  const shares: Record<LogType, number> = { firewall: 0, dns: 0, auth: 0 }
  for (const share of text.split(',')) {
    const [, name, weight] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(share.trim()) ?? []
    const logType = LOG_TYPES.find((known) => known === name)
    if (logType === undefined || weight === undefined) {
      throw new InvalidArgumentError(
        `Expected <type>=<weight>,… with the types ${LOG_TYPES.join(', ')}; got "${share}".`,
      )
    }
    shares[logType] = Number(weight)
  }
  return shares
}
