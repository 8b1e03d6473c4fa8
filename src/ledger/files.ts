import type pg from 'pg'
import type { Source } from './sources.js'

type Queryable = Pick<pg.Pool, 'query'>

/** What an unchanged file still has in common with the last look at it; any write changes it. */
export interface FileStat {
  readonly device: bigint
  readonly inode: bigint
  readonly sizeBytes: bigint
  readonly modifiedNs: bigint
}

export function statKey(stat: FileStat): string {
  return `${stat.device}:${stat.inode}:${stat.sizeBytes}:${stat.modifiedNs}`
}

/** The source that an unchanged file was verified to be, and how far; undefined for files unknown or changed. */
export async function selectVerifiedFile(
  db: Queryable,
  path: string,
  key: string,
): Promise<{ source: Source; verifiedBytes: number } | undefined> {
  const result = await db.query<{
    source_id: number
    source_uuid: string
    path: string
    recorded_bytes: string
    verified_bytes: string
  }>(
    `SELECT s.source_id, s.source_uuid, s.path, s.recorded_bytes, f.verified_bytes
       FROM sluice.files f JOIN sluice.sources s USING (source_id)
      WHERE f.path = $1 AND f.stat_key = $2`,
    [path, key],
  )
  const row = result.rows[0]
  if (row === undefined) return undefined
  return {
    source: {
      id: row.source_id,
      uuid: row.source_uuid,
      path: row.path,
      recordedBytes: Number(row.recorded_bytes),
    },
    verifiedBytes: Number(row.verified_bytes),
  }
}

export async function upsertFile(
  db: Queryable,
  file: { path: string; sourceId: number; statKey: string; verifiedBytes: number },
): Promise<void> {
  await db.query(
    `INSERT INTO sluice.files (path, source_id, stat_key, verified_bytes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (path) DO UPDATE
        SET source_id = excluded.source_id, stat_key = excluded.stat_key,
            verified_bytes = excluded.verified_bytes, seen_at = now()`,
    [file.path, file.sourceId, file.statKey, file.verifiedBytes],
  )
}

/** Paths at which a source's content was seen, the newest first. */
export async function selectPathsOfSource(db: Queryable, sourceId: number): Promise<string[]> {
  const result = await db.query<{ path: string }>(
    `SELECT path FROM (
       SELECT path, seen_at FROM sluice.files WHERE source_id = $1
       UNION SELECT path, last_seen_at FROM sluice.sources WHERE source_id = $1) seen
      GROUP BY path ORDER BY max(seen_at) DESC LIMIT 20`,
    [sourceId],
  )
  return result.rows.map((row) => row.path)
}
