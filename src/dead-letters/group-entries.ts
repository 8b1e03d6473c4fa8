import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { TypeKeys } from '../streams/keys.js'
import { type EntrySelection, entryGroupOf, formatEntryId, selectEntries } from './select-entries.js'

/** Entries of one type and stream, and for reasons that are alike. */
export interface EntryGroup {
  /** As `--group` takes it. */
  readonly id: string
  readonly logType: string
  readonly stream: string
  /** What the reasons have in common: numbers and quoted values are replaced by their kind. */
  readonly reason: string
  readonly entries: number
  readonly firstAt: string
  readonly lastAt: string
  readonly sampleId: string
}

export interface ListedEntry {
  readonly id: string
  readonly stream: string
  readonly reason: string
  readonly setAsideAt: string
}

/** Counts the selected entries, the most frequent group first, and lists the newest of them. */
export async function groupEntries(
  pool: pg.Pool,
  redis: Redis,
  keys: readonly TypeKeys[],
  selection: EntrySelection,
  limit: number,
): Promise<{ readonly groups: EntryGroup[]; readonly newest: ListedEntry[] }> {
  const groups = new Map<string, EntryGroup>()
  const listed: ListedEntry[] = []
  for await (const { entry } of selectEntries(pool, redis, keys, selection)) {
    const { logType, stream } = entry
    const setAsideAt = new Date(entry.setAsideAtMs).toISOString()
    const { id, reason } = entryGroupOf(entry)
    const group = groups.get(id)
    groups.set(id, {
      ...{ id, logType, stream, reason },
      entries: (group?.entries ?? 0) + 1,
      firstAt: group === undefined || setAsideAt < group.firstAt ? setAsideAt : group.firstAt,
      lastAt: group === undefined || setAsideAt > group.lastAt ? setAsideAt : group.lastAt,
      sampleId: group?.sampleId ?? formatEntryId(entry),
    })
    if (limit > 0) listed.push({ id: formatEntryId(entry), stream, reason: entry.reason, setAsideAt })
  }
  return {
    groups: [...groups.values()].sort((a, b) => b.entries - a.entries || (a.id < b.id ? -1 : 1)),
    newest: listed.sort((a, b) => (a.setAsideAt > b.setAsideAt ? -1 : 1)).slice(0, limit),
  }
}
