import type pg from 'pg'
import { withDaysHeld } from '../ledger/expired-days.js'
import { selectCountedRows } from './counted-rows.js'
import { type DeclaredRollup, selectRollups } from './declared-rollups.js'
import { rollupTable, selectDifferences } from './rollup-sql.js'

/** An hour and key whose count is not that of the rows. */
export interface WrongCount {
  /** Hour and keys, as PostgreSQL shows them in JSON. */
  readonly key: Readonly<Record<string, unknown>>
  readonly kept: number
  readonly counted: number
}

export interface CheckedRollup {
  readonly name: string
  readonly logType: string
  /** Without it, rows from before it was declared are missing, and nothing is compared. */
  readonly filled: boolean
  /** Rows of its table: parts, and sums of those that were added up. */
  readonly parts: number
  readonly wrongCounts: number
  /** The first few of them. */
  readonly examples: readonly WrongCount[]
}

export interface RollupCheck {
  /** Every filled rollup is what a recount says. */
  readonly exact: boolean
  readonly rollups: readonly CheckedRollup[]
}

const maxExamples = 5

/**
 * Counts the rows again and compares every hour and key, in one snapshot. It reads every row: the pool should not bound
 * how long a statement takes.
 */
export async function checkRollups(pool: pg.Pool): Promise<RollupCheck> {
  const rollups = await withDaysHeld(pool, async (client) => {
    const checked: CheckedRollup[] = []
    for (const rollup of await selectRollups(client)) checked.push(await checkRollup(client, rollup))
    return checked
  })
  return { exact: rollups.every(({ wrongCounts }) => wrongCounts === 0), rollups }
}

async function checkRollup(client: pg.PoolClient, rollup: DeclaredRollup): Promise<CheckedRollup> {
  const { name, logType, filled } = rollup
  const table = rollupTable(name)
  const parts = await client.query<{ parts: string }>(`SELECT count(*) AS parts FROM ${table}`)
  const checked = { name, logType, filled, parts: Number(parts.rows[0]!.parts) }
  if (!filled) return { ...checked, wrongCounts: 0, examples: [] }
  const rows = await selectCountedRows(client, rollup)
  const wrong = await client.query<{
    key: Record<string, unknown>
    kept: string
    counted: string
    all: string
  }>(
    `SELECT to_jsonb(w) - 'rows kept' - 'rows counted' AS key, "rows kept" AS kept, "rows counted" AS counted,
            count(*) OVER () AS all
       FROM (${selectDifferences(rollup, rows)}) AS w ORDER BY hour LIMIT ${maxExamples}`,
  )
  return {
    ...checked,
    wrongCounts: Number(wrong.rows[0]?.all ?? 0),
    examples: wrong.rows.map((row) => ({
      key: row.key,
      kept: Number(row.kept),
      counted: Number(row.counted),
    })),
  }
}
