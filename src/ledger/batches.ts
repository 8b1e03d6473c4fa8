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

/** Batches as parameters: a statement has them by `unnest(batchArrays) AS b (batchFields)`, and its own follow. */
export const batchArrays =
  '$1::bytea[], $2::text[], $3::smallint[], $4::int[], $5::int[], $6::int[], $7::numeric[], $8::float8[], $9::float8[]'
export const batchFields =
  'hash, log_type, parser_version, lines, rows, dead_letters, line_offset_sum, first_event, last_event'

export function batchParameters(
  batches: ReadonlyArray<Omit<LedgerBatch, 'chunkId' | 'sourceId'>>,
): unknown[][] {
  return [
    batches.map((batch) => Buffer.from(batch.hash, 'hex')),
    batches.map((batch) => batch.logType),
    batches.map((batch) => batch.parserVersion),
    batches.map((batch) => batch.lines),
    batches.map((batch) => batch.rows),
    batches.map((batch) => batch.deadLetters),
    batches.map((batch) => batch.lineOffsetSum),
    batches.map((batch) => seconds(batch.firstEventMs)),
    batches.map((batch) => seconds(batch.lastEventMs)),
  ]
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
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
       FROM unnest(${batchArrays}, $10::uuid[], $11::int[])
         WITH ORDINALITY AS b (${batchFields}, chunk_id, source_id, place)
       JOIN sluice.chunks c ON c.chunk_id = b.chunk_id AND c.source_id = b.source_id
        AND c.batches -> b.log_type ->> 'hash' = encode(b.hash, 'hex')
      ORDER BY b.place
        FOR SHARE OF c
     ON CONFLICT (batch_hash) DO NOTHING
     RETURNING encode(batch_hash, 'hex') AS hash`,
    [
      ...batchParameters(ordered),
      ordered.map((batch) => batch.chunkId),
      ordered.map((batch) => batch.sourceId),
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
       FROM unnest(${batchArrays}) AS u (${batchFields})
      WHERE b.batch_hash = u.hash`,
    batchParameters(batches),
  )
  if (result.rowCount !== batches.length) {
    throw new TypeError(`the ledger has ${result.rowCount} of ${batches.length} batches`)
  }
}

/** Of these hashes, those that are in the ledger. */
export async function selectCommitted(db: Queryable, hashes: readonly string[]): Promise<Set<string>> {
  const result = await db.query<{ hash: string }>(
    `SELECT encode(batch_hash, 'hex') AS hash FROM sluice.batches WHERE batch_hash = ANY($1::bytea[])`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  )
  return new Set(result.rows.map((row) => row.hash))
}
