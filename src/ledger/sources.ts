import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { inTransaction } from '../postgres/pool.js'

type Queryable = Pick<pg.Pool, 'query'>

/** A source as the ledger knows it. */
export interface Source {
  readonly id: number
  readonly uuid: string
  readonly path: string
  /** End of the last recorded chunk. */
  readonly recordedBytes: number
}

interface SourceRow {
  source_id: number
  source_uuid: string
  path: string
  recorded_bytes: string
}

const columns = 'source_id, source_uuid, path, recorded_bytes'

function toSource(row: SourceRow): Source {
  return {
    id: row.source_id,
    uuid: row.source_uuid,
    path: row.path,
    recordedBytes: Number(row.recorded_bytes),
  }
}

/** SHA-256 of the first `bytes` bytes of a file. */
export interface HeadFingerprint {
  readonly bytes: number
  readonly sha256: Buffer
}

/** Lengths that heads were fingerprinted with: a tiny file's is its size then, all others have the same. */
export async function selectHeadLengths(db: Queryable): Promise<number[]> {
  const result = await db.query<{ head_bytes: number }>('SELECT DISTINCT head_bytes FROM sluice.sources')
  return result.rows.map((row) => row.head_bytes)
}

/** What a source began with when it was found. */
export async function selectHeadOfSource(db: Queryable, sourceId: number): Promise<HeadFingerprint> {
  const result = await db.query<{ head_bytes: number; head_sha256: Buffer }>(
    'SELECT head_bytes, head_sha256 FROM sluice.sources WHERE source_id = $1',
    [sourceId],
  )
  const row = result.rows[0]
  if (row === undefined) throw new Error(`there is no source ${sourceId}`)
  return { bytes: row.head_bytes, sha256: row.head_sha256 }
}

/** Sources that begin with one of these heads, the longest recorded first. */
export async function selectCandidates(db: Queryable, heads: readonly HeadFingerprint[]): Promise<Source[]> {
  const result = await db.query<SourceRow>(
    `SELECT ${columns} FROM sluice.sources
      WHERE (head_bytes, head_sha256) IN (SELECT * FROM unnest($1::int[], $2::bytea[]))
      ORDER BY recorded_bytes DESC, source_id`,
    [heads.map((head) => head.bytes), heads.map((head) => head.sha256)],
  )
  return result.rows.map(toSource)
}

export async function selectSource(db: Queryable, uuid: string): Promise<Source | undefined> {
  const result = await db.query<SourceRow>(`SELECT ${columns} FROM sluice.sources WHERE source_uuid = $1`, [
    uuid,
  ])
  return result.rows[0] === undefined ? undefined : toSource(result.rows[0])
}

export async function selectSources(db: Queryable, uuids: readonly string[]): Promise<Source[]> {
  const result = await db.query<SourceRow>(
    `SELECT ${columns} FROM sluice.sources WHERE source_uuid = ANY($1::uuid[])`,
    [uuids],
  )
  return result.rows.map(toSource)
}

/**
 * Creates a source unless one with this head appeared since `seen` was looked at: then returns undefined, and the
 * caller looks again. Two readers that find the same new file at the same time get one source.
 */
export async function createSource(
  pool: pg.Pool,
  path: string,
  heads: readonly HeadFingerprint[],
  head: HeadFingerprint,
  seen: ReadonlySet<string>,
): Promise<Source | undefined> {
  return inTransaction(pool, async (client) => {
    // Files that begin alike share the lock even when their heads have different lengths: creations are rare.
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('sluice source creation', 0))`)
    const candidates = await selectCandidates(client, heads)
    if (candidates.some((candidate) => !seen.has(candidate.uuid))) return undefined
    const result = await client.query<SourceRow>(
      `INSERT INTO sluice.sources (source_uuid, path, head_bytes, head_sha256)
       VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
      [randomUUID(), path, head.bytes, head.sha256],
    )
    return toSource(result.rows[0]!)
  })
}

/** Notes where a source was seen and how large it is, for people and for `status`. */
export async function updateSeen(
  db: Queryable,
  sourceId: number,
  path: string,
  sizeBytes: number | null,
): Promise<void> {
  await db.query(
    `UPDATE sluice.sources
        SET path = $2, size_bytes = coalesce($3, size_bytes), last_seen_at = now()
      WHERE source_id = $1`,
    [sourceId, path, sizeBytes],
  )
}
