import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { throughShortOutages } from '../lifecycle/short-outages.js'
import { inTransaction } from '../postgres/pool.js'
import { lockDeadLetters } from './lock-dead-letters.js'
import { type DeadLetterSelection, type StoredLine, selectLinePage, selectNewestId } from './selection.js'
import { signatureBytes } from './signature.js'

export interface DropOptions {
  readonly pool: pg.Pool
  readonly selection: DeadLetterSelection
  readonly because: string
  readonly onProgress: (linesSoFar: number) => void
  readonly stop: AbortSignal
  /** Only count. */
  readonly dryRun: boolean
}

const page = { lines: 5000, bytes: 8 * 1024 * 1024, rawBytes: signatureBytes }

/**
 * Marks dead letters as dropped, page by page, and returns how many. They stay in their table, and in every account:
 * each line is a row or a dead letter.
 * @throws SluiceError SLUICE_INTERRUPTED, SLUICE_POSTGRES_UNREACHABLE
 */
export async function dropDeadLetters(options: DropOptions): Promise<number> {
  const { pool, selection, because, stop, dryRun } = options
  const persistently = <T>(work: () => Promise<T>) => throughShortOutages(work, stop)
  const newestId = await persistently(() => selectNewestId(pool))
  let dropped = 0
  for (let afterId = 0; ; ) {
    if (stop.aborted) {
      throw new SluiceError('SLUICE_INTERRUPTED', `interrupted after ${dropped} lines`, {
        hint: 'What was dropped stays so. Run the same command again for the rest.',
      })
    }
    const found = await persistently(() => selectLinePage(pool, selection, afterId, newestId, page))
    if (found === undefined) return dropped
    afterId = found.lastId
    dropped += dryRun ? found.lines.length : await persistently(() => dropPage(pool, found.lines, because))
    options.onProgress(dropped)
  }
}

function dropPage(pool: pg.Pool, lines: readonly StoredLine[], because: string): Promise<number> {
  return inTransaction(pool, async (client) => {
    const locked = await lockDeadLetters(client, lines, false)
    const result = await client.query(
      `UPDATE sluice.dead_letters SET dropped_at = now(), dropped_because = $2
        WHERE dead_letter_id = ANY($1::bigint[])`,
      [[...locked], because],
    )
    return result.rowCount ?? 0
  })
}
