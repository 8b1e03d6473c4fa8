import type { Redis } from 'ioredis'
import { answeredByRedis } from './client.js'
import type { TypeKeys } from './keys.js'

/** An entry that could not be opened, whole, as set-aside.ts put it into its type's dead stream. */
export interface DeadEntry {
  readonly logType: string
  /** In the dead stream. */
  readonly id: string
  readonly setAsideAtMs: number
  /** Text of the error that opening it gave. */
  readonly reason: string
  /** Where it was: 'raw' or 'rows', and its id there. */
  readonly stream: string
  readonly streamId: string
  /** Names and values as they were. */
  readonly fields: readonly Buffer[]
}

/** Fields that say why and from where; the entry's own follow. */
const ownFields = ['reason', 'stream', 'id']
/** An id can be any number; a Date cannot. */
const latestMs = 8.64e15
/** An entry has as many bytes as a batch. */
const entriesPerRead = 10

/**
 * Visits the entries of a type's dead stream, the oldest first, reading a few at a time.
 * @throws SluiceError SLUICE_REDIS_UNREACHABLE, as the others here
 */
export async function* readDeadEntries(redis: Redis, keys: TypeKeys): AsyncGenerator<DeadEntry> {
  for (let from = '-'; ; ) {
    const page = await answeredByRedis(redis.xrangeBuffer(keys.dead, from, '+', 'COUNT', entriesPerRead))
    for (const [id, fields] of page) yield toDeadEntry(keys.logType, id.toString('latin1'), fields)
    const last = page.at(-1)
    if (last === undefined || page.length < entriesPerRead) return
    from = `(${last[0].toString('latin1')}`
  }
}

export async function readDeadEntry(
  redis: Redis,
  keys: TypeKeys,
  id: string,
): Promise<DeadEntry | undefined> {
  const [entry] = await answeredByRedis(redis.xrangeBuffer(keys.dead, id, id, 'COUNT', 1))
  return entry === undefined ? undefined : toDeadEntry(keys.logType, id, entry[1])
}

/** False: somebody else removed it. */
export async function deleteDeadEntry(redis: Redis, keys: TypeKeys, id: string): Promise<boolean> {
  return (await answeredByRedis(redis.xdel(keys.dead, id))) === 1
}

function toDeadEntry(logType: string, id: string, fields: readonly Buffer[]): DeadEntry {
  const [reason, stream, streamId] = ownFields.map((name, index) =>
    fields[2 * index]?.toString('latin1') === name ? (fields[2 * index + 1]?.toString('utf8') ?? '') : '',
  )
  return {
    logType,
    id,
    setAsideAtMs: Math.min(Number.parseInt(id, 10), latestMs),
    reason: reason!,
    stream: stream!,
    streamId: streamId!,
    fields: fields.slice(2 * ownFields.length),
  }
}
