import type { Delivery } from './consumer-group.js'
import type { ScriptedRedis } from './scripts/index.js'

/** Newest unopenable entries kept for a person to look at, of each type: some 30 MiB of Redis at most. */
const keptDeadEntries = 100
/** Names and values of a malformed entry that are kept; a real one has at most eight. */
const maxFields = 32

/** Moves an entry that cannot be opened to its type's dead stream. False: somebody else took care of it. */
export async function setEntryAside(
  redis: ScriptedRedis,
  group: string,
  stream: 'raw' | 'rows',
  delivery: Delivery,
  reason: string,
): Promise<boolean> {
  const { keys, id, bytes, fields } = delivery
  const moved = await redis.sluiceSetAside(
    stream === 'raw' ? keys.raw : keys.rows,
    keys.dead,
    keys.batches,
    keys.bytes,
    group,
    id,
    bytes,
    reason,
    stream,
    keptDeadEntries,
    ...fields.slice(0, maxFields),
  )
  return moved === 1
}
