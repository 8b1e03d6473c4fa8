import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { eventsView, type Rollup } from '../log-types/declaration/rollup.js'
import type { LogType } from '../log-types/log-type.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { type DeclaredRollup, selectRollups } from './declared-rollups.js'
import { fillRollup } from './fill-rollup.js'
import { createEventsViewSql, eventsViewComment } from './rollup-sql.js'

/**
 * Makes the rollups that types declare and the database does not have or has not filled; returns the names. One that
 * is not declared any more stays and is kept exact, until it is dropped by hand. One caller at a time: under the
 * migrations' lock.
 * @throws SluiceError SLUICE_LOG_TYPE_INVALID, SLUICE_TABLE_LOCKED
 */
export async function applyRollups(
  pool: pg.Pool,
  types: readonly Pick<LogType, 'name' | 'table' | 'rollups'>[],
): Promise<string[]> {
  const known = new Map((await selectRollups(pool)).map((rollup) => [rollup.name, rollup]))
  const filled: string[] = []
  for (const { name: logType, table, rollups } of types) {
    for (const rollup of rollups) {
      const before = known.get(rollup.name)
      if (before === undefined) await refuseTakenName(pool, logType, rollup)
      else refuseChange(logType, rollup, before)
      if (before?.filled) continue
      await fillRollup(pool, { ...rollup, logType, table })
      filled.push(rollup.name)
    }
  }
  await replaceEventsView(pool)
  return filled
}

/** Readers wait while a view is replaced, so it is not done for nothing. */
async function replaceEventsView(pool: pg.Pool): Promise<void> {
  const all = (await selectRollups(pool)).filter(({ keys }) => keys.length === 0)
  if (all.length === 0 || all.some(({ filled }) => !filled)) return
  const found = await pool.query<{ comment: string | null }>(
    `SELECT obj_description(to_regclass($1), 'pg_class') AS comment`,
    [`public.${eventsView}`],
  )
  if (found.rows[0]?.comment === eventsViewComment(all)) return
  await pool.query(createEventsViewSql(all))
}

function refuseChange(logType: string, rollup: Rollup, before: DeclaredRollup): void {
  const [now, then] = [describe(logType, rollup), describe(before.logType, before)]
  if (now === then) return
  throw new SluiceError('SLUICE_LOG_TYPE_INVALID', `rollup ${rollup.name} is not what it was`, {
    expected: then,
    got: now,
    hint: `Give it another name, or take its counts away first: \`sluice rollups drop ${rollup.name}\`.`,
  })
}

function describe(logType: string, { keys, where }: Rollup): string {
  const conditions = Object.entries(where)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([column, text]) => `${column}: ${JSON.stringify(text)}`)
  const suffix = conditions.length === 0 ? '' : `, where { ${conditions.join(', ')} }`
  return `rows of ${logType} by [${keys.join(', ')}]${suffix}`
}

async function refuseTakenName(pool: pg.Pool, logType: string, { name, keys }: Rollup): Promise<void> {
  if (keys.length === 0) return
  const found = await pool.query<{ taken: boolean }>('SELECT to_regclass($1) IS NOT NULL AS taken', [
    `public.${quoteIdentifier(name)}`,
  ])
  if (found.rows[0]?.taken !== true) return
  throw new SluiceError(
    'SLUICE_LOG_TYPE_INVALID',
    `rollup ${name} of log type ${logType} has a name that is taken`,
    {
      expected: 'a name that no table or view in public has',
      got: name,
      hint: 'Choose another name.',
    },
  )
}
