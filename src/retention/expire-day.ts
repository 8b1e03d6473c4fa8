import type pg from 'pg'
import { selectExpiredDays, updateGoal } from '../ledger/expired-days.js'
import type { RetentionGoal } from '../log-types/declaration/retention-schema.js'
import { detachDay, detachDefaultRows, type TypeTable } from './detach-day.js'
import { type FinishOutcome, finishDay } from './finish-day.js'

export interface DayToExpire {
  readonly type: TypeTable
  /** UTC, ISO date. */
  readonly day: string
  readonly goal: RetentionGoal
  /** Where files go; not used for other goals. */
  readonly directory: string
  /** Whether rows that were detached to be left so meet the goal as well. */
  readonly setApart: 'take' | 'leave'
}

/** What became of a day's rows, wherever they were. */
export interface ExpireOutcome {
  readonly rows: number
  readonly files: readonly string[]
  /** Some rows are still in the table, or in a detached table that is to be dropped: again later. */
  readonly isPostponed: boolean
  /** There was something to do. */
  readonly isFound: boolean
}

/**
 * Takes a day out of its table: its partition, its rows in the default partition, and what an interrupted attempt has
 * left detached. `pool`: without a statement timeout. Throws what PostgreSQL and the disk say;
 * whatever is detached by then is in the ledger, and repeating it goes on.
 */
export async function expireDay(
  pool: pg.Pool,
  { type, day, goal, directory, setApart }: DayToExpire,
): Promise<ExpireOutcome> {
  const partition = await detachDay(pool, type, day, goal)
  const defaultRows = await detachDefaultRows(pool, type, day, goal)
  let isPostponed = [partition, defaultRows].some(({ kind }) => kind === 'postponed')
  let rows = 0
  const files: string[] = []
  const { logType } = type
  const all = await selectExpiredDays(pool, { logType, day, states: ['detached'] })
  const detached = all.filter((one) => setApart === 'take' || one.goal !== 'detach' || goal === 'detach')
  for (const { id, goal: noted } of detached) {
    if (noted !== goal) await updateGoal(pool, id, goal)
    const outcome: FinishOutcome = await finishDay(pool, id, directory)
    if (outcome.kind === 'postponed') isPostponed = true
    if ('rows' in outcome) rows += outcome.rows
    if ('path' in outcome) files.push(outcome.path)
  }
  return { rows, files, isPostponed, isFound: detached.length > 0 }
}
