import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, styleText } from 'node:util'
import { startKeeper } from '../services/keeper.js'
import { type Services, startServices } from '../services/services.js'
import { Interrupted, interruptionBySignal } from './interruption.js'
import { runStep } from './step.js'

/** `npm run demo`: everything from log files to answers, on servers and data that are gone afterwards. */
const SLUICE = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const GENERATE = fileURLToPath(new URL('../generate/main.js', import.meta.url))
const VERIFY = fileURLToPath(new URL('../verify/main.js', import.meta.url))
const DEFAULT_LINES = 300_000
const FILES = 6
const HOSTILE_PERCENT = 1

async function demonstrate(lines: number, interruption: AbortSignal): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  const keeper = startKeeper(directory)
  let services: Services | undefined
  try {
    explain('Servers', 'Postgres and Redis: our own, unless DATABASE_URL and REDIS_URL name others.')
    services = await startServices({ log: (line) => process.stdout.write(`${line}\n`) })
    const env = { DATABASE_URL: services.databaseUrl, REDIS_URL: services.redisUrl }
    const logs = join(directory, 'logs')
    const oracle = join(directory, 'oracle.json')
    const step = (shownAs: string, script: string, args: string[]): Promise<void> =>
      runStep({ shownAs, script, args, env }, interruption, keeper)
    const sluice = async (title: string, text: string, ...args: string[]): Promise<void> => {
      const shownAs = `sluice ${args.join(' ')}`
      explain(title, text, shownAs)
      await step(shownAs, SLUICE, args)
    }

    const broken = `${HOSTILE_PERCENT} % of them are broken in some way`
    explain('Log files', `${count(lines)} lines of three types mixed in ${FILES} files; ${broken}.`)
    await step('generate', GENERATE, [
      ...['--out', logs, '--lines', String(lines), '--files', String(FILES), '--seed', '1'],
      ...['--hostile', String(HOSTILE_PERCENT), '--oracle', oracle],
    ])
    await sluice(
      'Pipeline',
      'Reader, parsers and indexers until every line is accounted for.',
      'ingest',
      logs,
    )
    await sluice('Proof', 'Lines of the files = rows in the tables + lines set aside.', 'reconcile')
    // A database of the user's may hold more than what this demonstration put there.
    if (services.databaseUrl !== process.env.DATABASE_URL) {
      explain('Cross-check', 'The tables against what the generator says must be in them, value by value.')
      await step('verify', VERIFY, ['--oracle', oracle])
    }
    await sluice('Answers', 'What analysts ask of these logs, with the time that each takes.', 'queries')
  } finally {
    await services?.stop()
    await rm(directory, { recursive: true, force: true })
    keeper.end()
  }
}

function explain(title: string, text: string, command?: string): void {
  const shownCommand = command === undefined ? '' : `${styleText('dim', `$ ${command}`)}\n`
  process.stdout.write(`\n${styleText('bold', `== ${title}`)}\n${text}\n${shownCommand}`)
}

function explainWhatIsNext(): void {
  explain('What next', 'What this demonstration started and wrote is gone. To go on:')
  process.stdout.write(`
  npm run services      a Postgres and a Redis that stay; prints DATABASE_URL and REDIS_URL
  npx sluice --help     every command: ingest and run, reconcile, dead-letters, queries …
  npm test              the whole test suite, on real servers
  README.md             what this is and how it is used
  docs/architecture.md  how it works, and why no line is lost or counted twice
`)
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function parseLines(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LINES
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`--lines: expected a number of lines, got "${text}"`)
  return Number(text)
}

try {
  const { values } = parseArgs({ options: { lines: { type: 'string' } } })
  const lines = parseLines(values.lines)
  await demonstrate(lines, interruptionBySignal())
  explainWhatIsNext()
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof Interrupted ? error.exitCode : 1
}
