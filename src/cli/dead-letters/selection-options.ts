import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { EntryId, EntrySelection } from '../../dead-letters/select-entries.js'
import { parseEntryId } from '../../dead-letters/select-entries.js'
import type { DeadLetterSelection } from '../../dead-letters/selection.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { moment } from '../moment.js'
import { positiveInteger } from '../positive-integer.js'

export interface FilterOptions {
  type?: string
  reason?: string
  group?: string
  source?: string
  from?: Date
  to?: Date
}

export interface SelectionOptions extends FilterOptions {
  all?: boolean
}

/** What a command is to work on; undefined: no lines, or no entries. */
export interface Selected {
  readonly lines: DeadLetterSelection | undefined
  readonly entries: EntrySelection | undefined
}

const toDate = (text: string): Date => new Date(moment(text))

export function addFilterOptions(command: Command): Command {
  return command
    .option('--type <type>', "only this log type ('unclassified': lines that no type claims)")
    .option('--reason <reason>', 'only this reason')
    .option('--group <group>', 'only this group, as list shows it')
    .option('--source <path>', 'only from this file')
    .option('--from <time>', 'only set aside from this time on', toDate)
    .option('--to <time>', 'only set aside before this time', toDate)
}

export function addSelectionOptions(command: Command): Command {
  return addFilterOptions(
    command.argument('[id...]', 'as list shows them: numbers of lines, TYPE/ID of entries'),
  ).option('--all', 'everything that is set aside')
}

export function isFiltered({ type, reason, group, source, from, to }: FilterOptions): boolean {
  return [type, reason, group, source, from, to].some((filter) => filter !== undefined)
}

/** Filters mean lines and entries alike. */
export function readFilters({ type, reason, group, source, from, to }: FilterOptions) {
  return { logType: type, reason, group, source: source === undefined ? source : resolve(source), from, to }
}

/**
 * What ids and options select.
 * @throws SluiceError SLUICE_USAGE when nothing is selected, or in two ways at once.
 */
export function readSelection(ids: readonly string[], options: SelectionOptions): Selected {
  const ways = [ids.length > 0, isFiltered(options), options.all === true].filter((way) => way).length
  if (ways !== 1) {
    throw new SluiceError(
      'SLUICE_USAGE',
      ways === 0 ? 'nothing is selected' : 'selected in two ways at once',
      {
        expected: 'either ids, or filters such as --type and --reason, or --all',
        hint: 'Look at `sluice dead-letters list` first; --dry-run shows what would happen.',
      },
    )
  }
  if (ids.length === 0) return { lines: readFilters(options), entries: readFilters(options) }
  const { lineIds, entryIds } = readIds(ids)
  return {
    lines: lineIds.length === 0 ? undefined : { ids: lineIds },
    entries: entryIds.length === 0 ? undefined : { ids: entryIds },
  }
}

/** @throws SluiceError SLUICE_USAGE */
export function readIds(ids: readonly string[]): { lineIds: number[]; entryIds: EntryId[] } {
  const lineIds = new Set<number>()
  const entryIds: EntryId[] = []
  for (const text of new Set(ids)) {
    const entryId = parseEntryId(text)
    if (entryId === undefined) lineIds.add(readLineId(text))
    else entryIds.push(entryId)
  }
  return { lineIds: [...lineIds], entryIds }
}

function readLineId(text: string): number {
  try {
    return positiveInteger(text)
  } catch {
    throw new SluiceError('SLUICE_USAGE', 'this is no id of a dead letter', {
      expected: 'a number, or TYPE/ID for an entry, as `sluice dead-letters list` shows them',
      got: text,
    })
  }
}
