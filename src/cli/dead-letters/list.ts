import { Command } from 'commander'
import { withPool, withRedis } from '../../app/connections.js'
import { requireSchema } from '../../app/schema.js'
import { type DeadLetterGroup, groupDeadLetters } from '../../dead-letters/group-dead-letters.js'
import { type EntryGroup, groupEntries, type ListedEntry } from '../../dead-letters/group-entries.js'
import { type DeadLetter, describeGroup, selectDeadLetters } from '../../dead-letters/select-dead-letters.js'
import { selectStreamKeys } from '../../dead-letters/select-entries.js'
import { escapeControls } from '../../errors/safe-text.js'
import { describeCause } from '../../errors/sluice-error.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, formatTable, print, printJson } from '../output.js'
import { positiveInteger } from '../positive-integer.js'
import { addFilterOptions, type FilterOptions, isFiltered, readFilters } from './selection-options.js'

interface ListOptions extends FilterOptions {
  dropped?: boolean
  limit: number
  json?: boolean
}

/** Of each line so much is shown in a list. */
const listedRawBytes = 200
/** So many groups are shown, the most frequent ones. */
const shownGroups = 100

export function listCommand(context: CommandContext, finish: (code: number) => void): Command {
  return addFilterOptions(
    new Command('list').description(
      'Count dead letters by type, reason and what they have in common; with a filter, show the newest of them.',
    ),
  )
    .option('--dropped', 'the dropped ones, too')
    .option('--limit <n>', 'how many lines to show', positiveInteger, 20)
    .option('--json', 'print as one JSON object')
    .action(async (options: ListOptions) => {
      const settings = loadSettings({ file: context.configFile })
      const filters = readFilters(options)
      const selection = { ...filters, withDropped: options.dropped === true }
      await withPool(settings, async (pool) => {
        await requireSchema(pool, [])
        const filtered = isFiltered(options)
        // Reads every dead letter of the selection: only for who gets to see it.
        const groups = filtered && !options.json ? [] : await groupDeadLetters(pool, selection)
        const letters = filtered
          ? await selectDeadLetters(pool, selection, options.limit, listedRawBytes)
          : []
        const keys = await selectStreamKeys(pool, settings.redis.keyPrefix)
        // The lines can be looked at without Redis.
        let failure: string | undefined
        const entries = await withRedis(settings, (redis) =>
          groupEntries(pool, redis, keys, filters, filtered ? options.limit : 0),
        ).catch((error: unknown) => {
          failure = describeCause(error instanceof Error ? (error.cause ?? error) : error)
          return { groups: [], newest: [] }
        })
        if (options.json) {
          printJson({
            groups,
            deadLetters: letters.map(toJson),
            entryGroups: failure === undefined ? entries.groups : null,
            entries: failure === undefined ? entries.newest : null,
          })
          return
        }
        if (filtered) printLetters(letters, options.dropped === true)
        else printGroups(groups)
        if (failure !== undefined) {
          print(`\nEntries that could not be opened: Redis does not tell (${escapeControls(failure)}).`)
        } else if (filtered) printEntries(entries.newest)
        else printEntryGroups(entries.groups)
      })
      finish(0)
    })
}

export function toJson(letter: DeadLetter): Record<string, unknown> {
  const { raw, ...rest } = letter
  return { ...rest, ...describeGroup(letter), rawBase64: raw.toString('base64') }
}

function printGroups(groups: readonly DeadLetterGroup[]): void {
  if (groups.length === 0) {
    print('No dead letters.')
    return
  }
  const rows = groups.slice(0, shownGroups).map((group) => [
    group.logType,
    group.reason,
    group.signature,
    group.lines,
    toSeconds(group.firstAt),
    toSeconds(group.lastAt),
    // As `show` takes it, without separators.
    String(group.sampleId),
    group.id,
  ])
  print(formatTable(['log type', 'reason', 'signature', 'lines', 'first', 'last', 'sample', 'group'], rows))
  const rest = groups.slice(shownGroups)
  if (rest.length > 0) {
    const lines = rest.reduce((sum, group) => sum + group.lines, 0)
    print(`… and ${formatCount(rest.length)} more groups with ${formatCount(lines)} lines; --json has them`)
  }
}

function printLetters(letters: readonly DeadLetter[], withDropped: boolean): void {
  if (letters.length === 0) {
    print('No such dead letters.')
    return
  }
  const rows = letters.map((letter) => [
    String(letter.id),
    letter.logType,
    letter.reason,
    letter.detail ?? '',
    letter.replays,
    ...(withDropped ? [letter.droppedBecause ?? ''] : []),
    letter.raw.toString('utf8'),
  ])
  const dropped = withDropped ? ['dropped because'] : []
  print(formatTable(['id', 'log type', 'reason', 'detail', 'replays', ...dropped, 'line'], rows))
}

function printEntryGroups(groups: readonly EntryGroup[]): void {
  if (groups.length === 0) return
  const rows = groups.map((group) => [
    group.logType,
    group.stream,
    group.reason,
    group.entries,
    toSeconds(group.firstAt),
    toSeconds(group.lastAt),
    group.sampleId,
    group.id,
  ])
  print('\nEntries that could not be opened:')
  print(formatTable(['log type', 'stream', 'reason', 'entries', 'first', 'last', 'sample', 'group'], rows))
}

function printEntries(entries: readonly ListedEntry[]): void {
  if (entries.length === 0) return
  const rows = entries.map((entry) => [entry.id, entry.stream, entry.reason, toSeconds(entry.setAsideAt)])
  print('\nEntries that could not be opened:')
  print(formatTable(['id', 'stream', 'reason', 'set aside'], rows))
}

function toSeconds(isoTime: string): string {
  return `${isoTime.slice(0, 19)}Z`
}
