import type pg from 'pg'
import {
  type DeadLetterTuple,
  deadLetterColumns,
  deadLettersTable,
  readDeadLetters,
} from '../dead-letters/dead-letter-tuple.js'
import { copyExactly } from '../postgres/copy.js'

type Client = Pick<pg.PoolClient, 'query'>

/** A dead letter that is in the table; its row is locked. */
export interface OldDeadLetter {
  readonly id: string
  readonly lineOffset: number
  readonly reason: string
  readonly isDropped: boolean
}

/** Dead letters of these batches. `lock`: nobody replays or drops them until the end of the transaction. */
export async function selectOldDeadLetters(
  client: Client,
  hashes: readonly string[],
  lock: 'lock' | 'look',
): Promise<OldDeadLetter[]> {
  const result = await client.query<{ id: string; line_offset: string; reason: string; dropped: boolean }>(
    `SELECT dead_letter_id AS id, line_offset, reason, dropped_at IS NOT NULL AS dropped
       FROM sluice.dead_letters WHERE batch_hash = ANY ($1::bytea[]) ORDER BY dead_letter_id
       ${lock === 'lock' ? 'FOR UPDATE' : ''}`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  )
  return result.rows.map((row) => ({
    id: row.id,
    lineOffset: Number(row.line_offset),
    reason: row.reason,
    isDropped: row.dropped,
  }))
}

/**
 * Makes the dead letters of swapped batches what they are today: those whose lines are rows now go, those that are
 * dead again say why today, new ones come. `old` are the ones that were not dropped.
 */
export async function changeDeadLetters(
  client: pg.PoolClient,
  old: readonly OldDeadLetter[],
  tuples: readonly Buffer[],
): Promise<void> {
  const letters = tuples.flatMap(readDeadLetters)
  const ids = new Map(old.map(({ lineOffset, id }) => [lineOffset, id]))
  const again = letters.filter(({ lineOffset }) => ids.has(lineOffset))
  const offsetsAgain = new Set(again.map(({ lineOffset }) => lineOffset))
  const gone = old.filter(({ lineOffset }) => !offsetsAgain.has(lineOffset))
  if (gone.length > 0) {
    await client.query('DELETE FROM sluice.dead_letters WHERE dead_letter_id = ANY ($1::bigint[])', [
      gone.map(({ id }) => id),
    ])
  }
  if (again.length > 0) await updateDeadLetters(client, again, ids)
  const fresh = letters.filter(({ lineOffset }) => !ids.has(lineOffset))
  if (fresh.length > 0) {
    const added = fresh.map(({ tuple }) => tuple)
    await copyExactly(client, deadLettersTable, deadLetterColumns, added, added.length)
  }
}

/** What happened to them so far stays: when they were set aside, how often they were replayed. */
async function updateDeadLetters(
  client: Client,
  letters: readonly DeadLetterTuple[],
  ids: ReadonlyMap<number, string>,
): Promise<void> {
  await client.query(
    `UPDATE sluice.dead_letters d
        SET log_type = n.log_type, raw = n.raw, reason = n.reason, detail = n.detail,
            parser_version = n.parser_version, batch_hash = n.batch_hash
       FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::smallint[], $7::bytea[])
         AS n (id, log_type, raw, reason, detail, parser_version, batch_hash)
      WHERE d.dead_letter_id = n.id`,
    [
      letters.map(({ lineOffset }) => ids.get(lineOffset)),
      letters.map(({ logType }) => logType),
      letters.map(({ raw }) => raw),
      letters.map(({ reason }) => reason),
      letters.map(({ detail }) => detail),
      letters.map(({ parserVersion }) => parserVersion),
      letters.map(({ batchHash }) => batchHash),
    ],
  )
}

/** Dropped dead letters stay as they are, but they are part of the batch that has their line now. */
export async function moveDeadLetters(client: Client, batchOf: ReadonlyMap<string, string>): Promise<void> {
  if (batchOf.size === 0) return
  await client.query(
    `UPDATE sluice.dead_letters d SET batch_hash = n.batch_hash
       FROM unnest($1::bigint[], $2::bytea[]) AS n (id, batch_hash) WHERE d.dead_letter_id = n.id`,
    [[...batchOf.keys()], [...batchOf.values()].map((hash) => Buffer.from(hash, 'hex'))],
  )
}
