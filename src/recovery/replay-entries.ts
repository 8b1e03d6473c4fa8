import type pg from 'pg'
import { type EntryState, selectEntryState } from '../ledger/entry-state.js'
import { answeredByRedis } from '../streams/client.js'
import { type DeadEntry, deleteDeadEntry } from '../streams/dead-entries.js'
import { encodeMeta, readBatchMeta, UnopenableEntryError } from '../streams/envelope.js'
import { type TypeKeys, typeKeys } from '../streams/keys.js'
import { type OpenedRaw, openRaw } from '../streams/raw-entry.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'

/** What can be done for an entry that could not be opened. */
export type EntryVerdict =
  /** Its lines are in the tables: the entry is not needed any more. */
  | { readonly kind: 'arrived' }
  /** It can be opened today, and its batch is in no stream: it goes back into its raw stream. */
  | { readonly kind: 'publish'; readonly opened: OpenedRaw }
  /** Nothing: why, in a sentence. */
  | { readonly kind: 'stays'; readonly because: string }

export interface EntryJudge {
  readonly pool: pg.Pool
  readonly redis: ScriptedRedis
  readonly keyPrefix: string
  /** Types whose streams somebody reads: the declared ones, and that of lines without a type. */
  readonly readTypes: ReadonlySet<string>
}

export async function judgeEntry(
  entry: DeadEntry,
  { pool, redis, keyPrefix, readTypes }: EntryJudge,
): Promise<EntryVerdict> {
  const stays = (because: string): EntryVerdict => ({ kind: 'stays', because })
  const meta = readBatchMeta(entry.fields)
  if (meta === undefined) {
    return stays('it does not say what it carried; the reader publishes what is missing again from the file')
  }
  const state = await selectEntryState(pool, meta)
  if (state === undefined) return stays('the ledger does not have its chunk: no line depends on it')
  if (state.arrived) return { kind: 'arrived' }
  if (!state.isRecorded) return stays('its chunk was cut anew since, by other declarations')
  const keys = typeKeys(keyPrefix, meta.logType)
  const [inStreams] = await answeredByRedis(
    redis.sluiceInStreams(keys.raw, keys.rows, keys.batches, meta.hash),
  )
  if (inStreams === 1) return stays('its batch is on its way again')
  try {
    const opened = openRaw(entry.fields, entry.logType)
    if (readTypes.has(entry.logType)) return { kind: 'publish', opened }
    return stays(`log type ${entry.logType} is not declared: nobody would read it`)
  } catch (error) {
    if (!(error instanceof UnopenableEntryError)) throw error
    return stays(`it cannot be opened today either (${error.message}); ${describePublishing(state)}`)
  }
}

function describePublishing({ publishingsAgain, publishedAgainAt }: EntryState): string {
  const soFar =
    publishedAgainAt === null
      ? 'not yet'
      : `${publishingsAgain} times so far, the last ${publishedAgainAt.toISOString()}`
  return `the reader publishes its chunk again from the file (${soFar})`
}

/**
 * Carries out a verdict. The entry is removed last: a crash before it leaves an entry whose batch is on its way, or has
 * arrived, when somebody asks again.
 */
export async function replayEntry(
  entry: DeadEntry,
  verdict: EntryVerdict,
  redis: ScriptedRedis,
  keys: TypeKeys,
): Promise<void> {
  if (verdict.kind === 'stays') return
  if (verdict.kind === 'publish') {
    const { meta, compressed } = verdict.opened
    const { raw, rows, batches, bytes } = keys
    await answeredByRedis(
      redis.sluicePublish(raw, rows, batches, bytes, meta.hash, encodeMeta(meta), compressed),
    )
  }
  await deleteDeadEntry(redis, keys, entry.id)
}
