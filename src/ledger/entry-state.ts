import type pg from 'pg'
import type { BatchMeta } from '../streams/envelope.js'

type Queryable = Pick<pg.Pool, 'query'>

/** What the ledger knows of the batch that an entry carries. */
export interface EntryState {
  /** Its lines are in the tables: as this batch, or as others after the chunk was parsed again. */
  readonly arrived: boolean
  /** The chunk has this batch; otherwise it was cut anew, and the entry is not needed. */
  readonly isRecorded: boolean
  /** Publishings of the chunk after the first. */
  readonly publishingsAgain: number
  readonly publishedAgainAt: Date | null
  readonly path: string
}

/** Undefined when the ledger does not have the batch's chunk: the database was set back, or it is another one. */
export async function selectEntryState(db: Queryable, meta: BatchMeta): Promise<EntryState | undefined> {
  const result = await db.query<{
    arrived: boolean
    is_recorded: boolean
    publishings_again: number
    published_again_at: Date | null
    path: string
  }>(
    `SELECT c.completed_at IS NOT NULL
              OR EXISTS (SELECT FROM sluice.batches b
                          WHERE b.batch_hash = $3 AND b.chunk_id = c.chunk_id) AS arrived,
            coalesce(c.batches -> $4 ->> 'hash' = encode($3, 'hex'), false) AS is_recorded,
            c.publishings_again, c.published_again_at, s.path
       FROM sluice.chunks c JOIN sluice.sources s USING (source_id)
      WHERE c.chunk_id = $1 AND s.source_uuid = $2`,
    [meta.chunk, meta.sourceUuid, Buffer.from(meta.hash, 'hex'), meta.logType],
  )
  const row = result.rows[0]
  if (row === undefined) return undefined
  return {
    arrived: row.arrived,
    isRecorded: row.is_recorded,
    publishingsAgain: row.publishings_again,
    publishedAgainAt: row.published_again_at,
    path: row.path,
  }
}
