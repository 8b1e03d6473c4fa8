import { Command } from 'commander'
import type pg from 'pg'
import { withPool } from '../../app/connections.js'
import { requireSchema } from '../../app/schema.js'
import { listenForStop } from '../../app/stop-signal.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { selectExpiredDays } from '../../ledger/expired-days.js'
import { armFailpoints } from '../../lifecycle/failpoints.js'
import { sleep } from '../../lifecycle/sleep.js'
import type { RetentionGoal } from '../../log-types/declaration/retention-schema.js'
import { selectDaysBefore } from '../../retention/apply-retention.js'
import { type DayToExpire, type ExpireOutcome, expireDay } from '../../retention/expire-day.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, print, printJson } from '../output.js'
import { isoDay } from './iso-day.js'
import { selectTypeTables } from './type-tables.js'

interface Options {
  type: string
  day?: string
  before?: string
  to?: string
  yes?: boolean
  dryRun?: boolean
  json?: boolean
}

/** What became of one day. */
interface DayReport {
  readonly day: string
  readonly rows: number
  readonly files: readonly string[]
}

const descriptions: Readonly<Record<RetentionGoal, string>> = {
  export: 'Write days to Parquet files, read these back, and take the days out of the table.',
  detach: 'Take days out of the table; their rows stay in a table of schema sluice_detached.',
  drop: 'Drop days with their rows.',
}
const done: Readonly<Record<RetentionGoal, string>> = {
  export: 'exported',
  detach: 'detached',
  drop: 'dropped',
}

/** A writer's transaction is short: whoever holds a table for longer is asked several times. */
const patienceMs = 60_000
const retryMs = 1000

export function expireCommand(
  context: CommandContext,
  finish: (code: number) => void,
  goal: RetentionGoal,
): Command {
  const command = new Command(goal)
    .description(descriptions[goal])
    .requiredOption('--type <type>', 'the log type')
    .option('--day <day>', 'this day, UTC, as YYYY-MM-DD', isoDay)
    .option('--before <day>', 'all days before this one', isoDay)
    .option('--dry-run', 'only name the days')
    .option('--json', 'print as one JSON object')
  if (goal === 'export') command.option('--to <directory>', 'instead of retention.directory')
  if (goal === 'drop') command.option('--yes', 'really do it')
  return command.action(async (options: Options) => {
    if ((options.day === undefined) === (options.before === undefined)) {
      throw new SluiceError('SLUICE_USAGE', 'which days?', { expected: 'either --day or --before' })
    }
    if (goal === 'drop' && options.yes !== true && options.dryRun !== true) {
      throw new SluiceError('SLUICE_CONFIRMATION_REQUIRED', 'dropped rows cannot be restored', {
        expected: '--yes',
        hint: 'Repeat the command with --yes, or use `sluice partitions export`.',
      })
    }
    const settings = loadSettings({ file: context.configFile })
    const directory = options.to ?? settings.retention.directory
    if (goal === 'export' && directory === '') {
      throw new SluiceError('SLUICE_USAGE', 'there is no place for the files', {
        expected: '--to DIRECTORY, or the setting retention.directory',
      })
    }
    armFailpoints(settings.lifecycle.failpoints)
    const stop = listenForStop()
    const reports: DayReport[] = []
    let problem: unknown
    try {
      await withPool(
        settings,
        async (pool) => {
          await requireSchema(pool, [])
          const [type] = await selectTypeTables(pool, options.type)
          const days =
            options.day !== undefined
              ? [options.day]
              : await selectDays(pool, type!.logType, type!.table, options.before!)
          for (const day of days) {
            if (stop.signal.aborted) throw new SluiceError('SLUICE_INTERRUPTED', `interrupted before ${day}`)
            if (options.dryRun) {
              reports.push({ day, rows: 0, files: [] })
              continue
            }
            const outcome = await expirePatiently(
              pool,
              { type: type!, day, goal, directory, setApart: 'take' },
              stop.signal,
            )
            if (outcome.isFound) reports.push({ day, rows: outcome.rows, files: outcome.files })
          }
        },
        'unbounded',
      )
    } catch (error) {
      // What was done before is said all the same.
      if (reports.length === 0) throw error
      problem = error
    } finally {
      stop.dispose()
    }
    if (options.json)
      printJson({ logType: options.type, goal, dryRun: options.dryRun === true, days: reports })
    else printReports(goal, reports, options.dryRun === true)
    if (problem !== undefined) throw problem
    finish(0)
  })
}

/** Days with rows in the table, and those that an interrupted command left detached. */
async function selectDays(pool: pg.Pool, logType: string, table: string, before: string): Promise<string[]> {
  const detached = await selectExpiredDays(pool, { logType, states: ['detached'] })
  const left = detached.filter(({ day }) => day < before).map(({ day }) => day)
  return [...new Set([...left, ...(await selectDaysBefore(pool, table, before))])].toSorted()
}

/** @throws SluiceError SLUICE_PARTITION_BUSY */
async function expirePatiently(pool: pg.Pool, day: DayToExpire, stop: AbortSignal): Promise<ExpireOutcome> {
  const began = performance.now()
  let rows = 0
  let isFound = false
  const files: string[] = []
  for (;;) {
    const outcome = await expireDay(pool, day)
    rows += outcome.rows
    files.push(...outcome.files)
    isFound ||= outcome.isFound
    if (!outcome.isPostponed) return { rows, files, isFound, isPostponed: false }
    if (stop.aborted || performance.now() - began > patienceMs) {
      throw new SluiceError(
        'SLUICE_PARTITION_BUSY',
        `the table of ${day.type.logType} is in use all the time`,
        {
          expected: `a moment to take ${day.day} out of it`,
        },
      )
    }
    await sleep(retryMs, stop)
  }
}

function printReports(goal: RetentionGoal, reports: readonly DayReport[], isDryRun: boolean): void {
  if (reports.length === 0) print('No such days.')
  for (const { day, rows, files } of reports) {
    if (isDryRun) print(`${day} would be ${done[goal]}`)
    else if (goal === 'detach') print(`${day} ${done[goal]}`)
    else print(`${day} ${done[goal]}, ${formatCount(rows)} rows`)
    for (const file of files) print(`  ${file}`)
  }
}
