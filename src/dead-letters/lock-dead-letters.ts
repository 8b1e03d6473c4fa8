import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'

interface Lockable {
  readonly id: number
  /** Hex. */
  readonly batchHash: string
}

/**
 * Locks dead letters for a change and returns the ids of those that are still as they were read: there, of the same
 * batch, and not dropped unless `withDropped`. Their batches are locked first, in the order of their hashes: whoever
 * changes lines that are in the tables does it like this, so two of them wait for each other in one direction only,
 * and the second one sees what the first one did.
 * @throws SluiceError SLUICE_UNBALANCED when the ledger does not have the batch of one that is there.
 */
export async function lockDeadLetters(
  client: pg.PoolClient,
  letters: readonly Lockable[],
  withDropped: boolean,
): Promise<Set<number>> {
  const hashes = [...new Set(letters.map(({ batchHash }) => batchHash))]
  const batches = await client.query<{ hash: string }>(
    `SELECT encode(batch_hash, 'hex') AS hash FROM sluice.batches
      WHERE batch_hash = ANY($1::bytea[]) ORDER BY batch_hash FOR UPDATE`,
    [hashes.map((hash) => Buffer.from(hash, 'hex'))],
  )
  const locked = new Set(batches.rows.map(({ hash }) => hash))
  // A statement of its own: it sees what was committed while the one before waited.
  const result = await client.query<{ id: string; hash: string }>(
    `SELECT dead_letter_id AS id, encode(batch_hash, 'hex') AS hash FROM sluice.dead_letters
      WHERE dead_letter_id = ANY($1::bigint[]) AND ($2 OR dropped_at IS NULL)
      ORDER BY dead_letter_id FOR UPDATE`,
    [letters.map(({ id }) => id), withDropped],
  )
  const readHashes = new Map(letters.map(({ id, batchHash }) => [id, batchHash]))
  const unchanged = result.rows
    .map(({ id, hash }) => ({ id: Number(id), hash }))
    .filter(({ id, hash }) => readHashes.get(id) === hash)
  const orphan = unchanged.find(({ hash }) => !locked.has(hash))
  if (orphan !== undefined) {
    throw new SluiceError(
      'SLUICE_UNBALANCED',
      `the ledger does not have the batch of dead letter ${orphan.id}`,
      {
        expected: `batch ${orphan.hash} in sluice.batches`,
      },
    )
  }
  return new Set(unchanged.map(({ id }) => id))
}
