import type pg from 'pg'
import { copyTuples } from '../postgres/copy.js'
import { countTuples } from './count-tuples.js'
import { selectCountedRollups } from './declared-rollups.js'
import { rollupColumns, rollupSchema } from './rollup-sql.js'

/**
 * Adds rows to the rollups of their table, in the transaction that wrote them and after it did. `tuples` are binary COPY
 * tuples of exactly these rows, with these columns. Inserts only, so that no transaction waits for another. Returns how
 * many rows of rollups that took.
 */
export async function addCounts(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  tuples: readonly Buffer[],
): Promise<number> {
  const rollups = await selectCountedRollups(client, table)
  if (rollups.length === 0) return 0
  let written = 0
  for (const { rollup, tuples: counts, size } of countTuples(columns, rollups, tuples)) {
    if (size === 0) continue
    const target = { schema: rollupSchema, name: rollup.name }
    const copied = await copyTuples(client, target, rollupColumns(rollup), [counts])
    // The sums would not be those of the rows.
    if (copied !== size) throw new TypeError(`${rollup.name} took ${copied} rows instead of ${size}`)
    written += size
  }
  return written
}
