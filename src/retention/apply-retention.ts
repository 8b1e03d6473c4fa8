import type pg from 'pg'
import { selectExpiredDays, selectKeptDays } from '../ledger/expired-days.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import type { RetentionGoal } from '../log-types/declaration/retention-schema.js'
import type { LogType } from '../log-types/log-type.js'
import { PARTITION_SCHEMA } from '../log-types/tables/ddl.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { selectPartitions } from './day-partitions.js'
import { type ExpireOutcome, expireDay } from './expire-day.js'
import { firstKeptDay } from './retention-decision.js'

/** Told day by day; a day that fails does not keep the next from it. */
export interface RetentionEvents {
  dayExpired(event: {
    logType: string
    day: string
    goal: RetentionGoal
    rows: number
    seconds: number
  }): void
  /** Writers or readers did not let go of the table in time, or the ledger is being proved. */
  expiryPostponed(event: { logType: string; day: string }): void
  expiryFailed(event: { logType: string; day: string; error: unknown }): void
}

export interface ApplyOptions {
  /** Without a statement timeout. */
  readonly pool: pg.Pool
  readonly types: readonly LogType[]
  /** Where files go; '' when there is no such place. */
  readonly directory: string
  readonly events: RetentionEvents
  readonly stop: AbortSignal
}

export interface DueDay {
  readonly type: LogType
  readonly day: string
  readonly goal: RetentionGoal
}

/** Days of the default partition that are looked at in a round: a broken clock can make very many. */
const maxDefaultDays = 64

/** Expires all days that are due, type by type. Resolves with whether some of them have to wait. */
export async function applyRetention(options: ApplyOptions): Promise<'done' | 'postponed'> {
  const { pool, types, directory, events, stop } = options
  let isPostponed = false
  for (const { type, day, goal } of await selectDueDays(pool, types)) {
    if (stop.aborted) break
    const logType = type.name
    const began = performance.now()
    try {
      // Before its rows leave the table, not after.
      if (goal === 'export' && directory === '') {
        throw new Error('retention.directory is not set, so there is no place for exported days')
      }
      const outcome: ExpireOutcome = await expireDay(pool, {
        ...{ type: { logType, table: type.table }, day, goal, directory, setApart: 'leave' },
      })
      // What is gone is told, also when the rest of the day has to wait.
      if (outcome.isFound && (!outcome.isPostponed || outcome.rows > 0)) {
        const seconds = (performance.now() - began) / 1000
        events.dayExpired({ logType, day, goal, rows: outcome.rows, seconds })
      }
      if (outcome.isPostponed) {
        isPostponed = true
        events.expiryPostponed({ logType, day })
      }
    } catch (error) {
      events.expiryFailed({ logType, day, error })
    }
  }
  return isPostponed ? 'postponed' : 'done'
}

/** Days whose rows are older than their type keeps them, and days that were detached and not finished. */
export async function selectDueDays(pool: pg.Pool, types: readonly LogType[]): Promise<DueDay[]> {
  const nowMs = await earlierClockMs(pool)
  const due: DueDay[] = []
  for (const type of types) {
    const { name: logType, table, retention } = type
    const unfinished = (await selectExpiredDays(pool, { logType, states: ['detached'] })).filter(
      ({ goal }) => goal !== 'detach',
    )
    const goals = new Map(unfinished.map(({ day, goal }) => [day, goal]))
    if (retention !== undefined) {
      const kept = await selectKeptDays(pool, logType)
      for (const day of await selectDaysBefore(pool, table, firstKeptDay(retention, nowMs)))
        if (!kept.has(day)) goals.set(day, retention.goal)
    }
    for (const [day, goal] of [...goals].sort(([a], [b]) => (a < b ? -1 : 1))) due.push({ type, day, goal })
  }
  return due
}

/** A clock that is ahead, here or there, must not cost rows. */
async function earlierClockMs(pool: pg.Pool): Promise<number> {
  const result = await pool.query<{ now: Date }>('SELECT now() AS now')
  return Math.min(Date.now(), result.rows[0]!.now.getTime())
}

/** Days of a table's rows before this one, with a partition of their own or without; at most 64 of the latter. */
export async function selectDaysBefore(pool: pg.Pool, table: string, before: string): Promise<string[]> {
  const days = new Set<string>()
  for (const { day } of await selectPartitions(pool, table)) if (day !== null && day < before) days.add(day)
  const time = quoteIdentifier(PARTITION_KEY)
  const inDefault = await pool.query<{ day: string }>(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day
       FROM (SELECT DISTINCT (${time} AT TIME ZONE 'UTC')::date AS day
               FROM ${quoteIdentifier(PARTITION_SCHEMA)}.${quoteIdentifier(`${table}_default`)}
              WHERE ${time} < $1::date::timestamp AT TIME ZONE 'UTC' AND ${time} >= '0001-01-01T00:00:00Z'
              ORDER BY day LIMIT ${maxDefaultDays}) days`,
    [before],
  )
  for (const { day } of inDefault.rows) days.add(day)
  return [...days].toSorted()
}
