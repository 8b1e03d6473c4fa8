import type { Redis } from 'ioredis'
import type pg from 'pg'
import { type DeadEntry, readDeadEntries, readDeadEntry } from '../streams/dead-entries.js'
import { readBatchMeta } from '../streams/envelope.js'
import { type TypeKeys, typeKeys, unclassified } from '../streams/keys.js'
import { groupIdOf, signatureOf } from './signature.js'

/** Which entries that could not be opened are meant; what is left out does not restrict. */
export interface EntrySelection {
  readonly ids?: readonly EntryId[] | undefined
  readonly logType?: string | undefined
  readonly reason?: string | undefined
  /** A path at which the source of its lines was seen; entries that do not say whose lines they have do not fit. */
  readonly source?: string | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
  /** Of entryGroupOf. */
  readonly group?: string | undefined
}

/** Where an entry is: in the dead stream of this type, under this id. */
export interface EntryId {
  readonly logType: string
  readonly id: string
}

/** As people write it: `firewall/1700000000000-0`. */
export function formatEntryId({ logType, id }: EntryId): string {
  return `${logType}/${id}`
}

const largestIdPart = 2n ** 64n - 1n

/** Undefined for what is no such id. */
export function parseEntryId(text: string): EntryId | undefined {
  const [, logType, id] = /^([a-z_][a-z0-9_]{0,62})\/(\d{1,20}-\d{1,20})$/.exec(text) ?? []
  if (logType === undefined || id === undefined) return undefined
  // Redis refuses numbers above.
  return id.split('-').some((part) => BigInt(part) > largestIdPart) ? undefined : { logType, id }
}

/** Of a reason so much is looked at. */
const signedReasonLength = 300

/** Which group an entry belongs to, and what the reasons in it have in common: they may name counts and sizes. */
export function entryGroupOf({ logType, reason, stream }: DeadEntry): {
  readonly id: string
  readonly reason: string
} {
  const signature = signatureOf('', reason.slice(0, signedReasonLength), Buffer.alloc(0))
  return { id: groupIdOf(logType, signature, `entry of ${stream}`), reason: signature }
}

/** The keys of all types that have or had streams: those with tables, and that of lines without a type. */
export async function selectStreamKeys(pool: pg.Pool, keyPrefix: string): Promise<TypeKeys[]> {
  const applied = await pool.query<{ name: string }>('SELECT name FROM sluice.log_types ORDER BY name')
  const names = [...applied.rows.map(({ name }) => name), unclassified]
  return names.map((name) => typeKeys(keyPrefix, name))
}

/** Visits the entries of the selection. Those that are named and not there are left out. */
export async function* selectEntries(
  pool: pg.Pool,
  redis: Redis,
  keys: readonly TypeKeys[],
  selection: EntrySelection,
): AsyncGenerator<{ readonly entry: DeadEntry; readonly keys: TypeKeys }> {
  if (selection.ids !== undefined) {
    for (const { logType, id } of selection.ids) {
      const ofType = keys.find((type) => type.logType === logType)
      const entry = ofType === undefined ? undefined : await readDeadEntry(redis, ofType, id)
      if (ofType !== undefined && entry !== undefined) yield { entry, keys: ofType }
    }
    return
  }
  const sources = selection.source === undefined ? undefined : await selectSourceUuids(pool, selection.source)
  for (const ofType of keys) {
    if (selection.logType !== undefined && ofType.logType !== selection.logType) continue
    for await (const entry of readDeadEntries(redis, ofType)) {
      if (fits(entry, selection, sources)) yield { entry, keys: ofType }
    }
  }
}

function fits(
  entry: DeadEntry,
  { reason, from, to, group }: EntrySelection,
  sources: ReadonlySet<string> | undefined,
): boolean {
  if (reason !== undefined && entry.reason !== reason) return false
  if (from !== undefined && entry.setAsideAtMs < from.getTime()) return false
  if (to !== undefined && entry.setAsideAtMs >= to.getTime()) return false
  if (group !== undefined && entryGroupOf(entry).id !== group) return false
  if (sources === undefined) return true
  const meta = readBatchMeta(entry.fields)
  return meta !== undefined && sources.has(meta.sourceUuid)
}

async function selectSourceUuids(pool: pg.Pool, path: string): Promise<Set<string>> {
  const result = await pool.query<{ source_uuid: string }>(
    `SELECT source_uuid FROM sluice.sources s
      WHERE path = $1 OR EXISTS (SELECT FROM sluice.files f WHERE f.source_id = s.source_id AND f.path = $1)`,
    [path],
  )
  return new Set(result.rows.map((row) => row.source_uuid))
}
