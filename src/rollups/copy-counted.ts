import type pg from 'pg'
import { copyExactly } from '../postgres/copy.js'
import { countTuples } from './count-tuples.js'
import { selectCountedRollups } from './declared-rollups.js'
import { rollupColumns, rollupSchema } from './rollup-sql.js'

/**
 * Writes rows into the table of a type and adds them to its rollups. `tuples` are binary COPY tuples of exactly these
 * rows, with these columns. Of rollups it inserts only, so that no transaction waits for another. Returns how many rows
 * of rollups that took.
 */
export async function copyCounted(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  tuples: readonly Buffer[],
  rows: number,
): Promise<number> {
  await copyExactly(client, { schema: 'public', name: table }, columns, tuples, rows)
  // Behind the COPY, which has locked the table: see selectCountedRollups.
  const rollups = await selectCountedRollups(client, table)
  let written = 0
  for (const { rollup, tuples: counts, size } of countTuples(columns, rollups, tuples)) {
    if (size === 0) continue
    const target = { schema: rollupSchema, name: rollup.name }
    await copyExactly(client, target, rollupColumns(rollup), [counts], size)
    written += size
  }
  return written
}
