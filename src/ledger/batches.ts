import type pg from 'pg'

type Queryable = Pick<pg.Pool, 'query'>

/** A batch as it enters the ledger. Invariant, checked by the table: lines = rows + deadLetters. */
export interface LedgerBatch {
  readonly hash: string
  readonly chunkId: string
  readonly sourceId: number
  readonly logType: string
  readonly parserVersion: number
  readonly lines: number
  readonly rows: number
  readonly deadLetters: number
  readonly lineOffsetSum: string
  readonly firstEventMs: number | null
  readonly lastEventMs: number | null
}

/**
 * Inserts batches that the ledger does not know and whose chunk it does; returns the hashes inserted. In hash
 * order: two indexers with overlapping batches wait for each other in one direction only. A concurrent inserter
 * of the same hash makes this wait for its COMMIT. The chunks are locked against replaceBatches (chunks.ts).
 */
export async function insertBatches(db: Queryable, batches: readonly LedgerBatch[]): Promise<Set<string>> {
  const ordered = [...batches].sort((a, b) => (a.hash < b.hash ? -1 : 1))
  const result = await db.query<{ hash: string }>(
    `INSERT INTO sluice.batches (batch_hash, chunk_id, log_type, parser_version, lines, rows, dead_letters,
                                 line_offset_sum, first_event_at, last_event_at)
     SELECT b.hash, b.chunk_id, b.log_type, b.parser_version, b.lines, b.rows, b.dead_letters,
            b.line_offset_sum, to_timestamp(b.first_event), to_timestamp(b.last_event)
       FROM unnest($1::bytea[], $2::uuid[], $3::int[], $4::text[], $5::smallint[], $6::int[], $7::int[],
                   $8::int[], $9::numeric[], $10::float8[], $11::float8[])
         WITH ORDINALITY AS b (hash, chunk_id, source_id, log_type, parser_version, lines, rows, dead_letters,
                               line_offset_sum, first_event, last_event, place)
       JOIN sluice.chunks c ON c.chunk_id = b.chunk_id AND c.source_id = b.source_id
        AND c.batches -> b.log_type ->> 'hash' = encode(b.hash, 'hex')
      ORDER BY b.place
        FOR SHARE OF c
     ON CONFLICT (batch_hash) DO NOTHING
     RETURNING encode(batch_hash, 'hex') AS hash`,
    [
      ordered.map((batch) => Buffer.from(batch.hash, 'hex')),
      ordered.map((batch) => batch.chunkId),
      ordered.map((batch) => batch.sourceId),
      ordered.map((batch) => batch.logType),
      ordered.map((batch) => batch.parserVersion),
      ordered.map((batch) => batch.lines),
      ordered.map((batch) => batch.rows),
      ordered.map((batch) => batch.deadLetters),
      ordered.map((batch) => batch.lineOffsetSum),
      ordered.map((batch) => seconds(batch.firstEventMs)),
      ordered.map((batch) => seconds(batch.lastEventMs)),
    ],
  )
  return new Set(result.rows.map((row) => row.hash))
}

/** Corrects what the ledger says of batches that this transaction inserted or locked: rows, dead letters and times. */
export async function updateCounts(db: Queryable, batches: readonly LedgerBatch[]): Promise<void> {
  const result = await db.query(
    `UPDATE sluice.batches b
        SET rows = u.rows, dead_letters = u.dead_letters,
            first_event_at = to_timestamp(u.first_event), last_event_at = to_timestamp(u.last_event)
       FROM unnest($1::bytea[], $2::int[], $3::int[], $4::float8[], $5::float8[])
         AS u (hash, rows, dead_letters, first_event, last_event)
      WHERE b.batch_hash = u.hash`,
    [
      batches.map((batch) => Buffer.from(batch.hash, 'hex')),
      batches.map((batch) => batch.rows),
      batches.map((batch) => batch.deadLetters),
      batches.map((batch) => seconds(batch.firstEventMs)),
      batches.map((batch) => seconds(batch.lastEventMs)),
    ],
  )
  if (result.rowCount !== batches.length) {
    throw new TypeError(`the ledger has ${result.rowCount} of ${batches.length} batches`)
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/** Of these hashes, those that are in the ledger. */
export async function selectCommitted(db: Queryable, hashes: readonly string[]): Promise<Set<string>> {
  const result = await db.query<{ hash: string }>(
    `SELECT encode(batch_hash, 'hex') AS hash FROM sluice.batches WHERE batch_hash = ANY($1::bytea[])`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  )
  return new Set(result.rows.map((row) => row.hash))
}
