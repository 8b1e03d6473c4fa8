import pg from 'pg'
import { inTransaction } from '../postgres/pool.js'
import { isLockTimeout } from '../postgres/sqlstate.js'

export interface PartitionWindow {
  /** First day (UTC, ISO date) that gets a partition of its own; what is older goes to the default partition. */
  readonly partitionsFrom: string
  /** Days after today that still get one. A clock that is years ahead must not make partitions for each of its days. */
  readonly partitionsDaysAhead: number
  /** Partitions of a table from which on only days around today get one: hostile dates must not use up its locks. */
  readonly maxPartitions: number
}

const dayMs = 86_400_000
/** How long a partition is believed to exist, and one that could not be made is left alone. */
const trustMs = 300_000
const retryMs = 60_000
/** Days before and after today that get a partition however many there are. */
const daysAroundToday = 7
/**
 * Longest wait for the lock that making a partition needs. Who reads all days holds it up, and everybody else queues
 * behind the wait; rows can go to the default partition meanwhile.
 */
const lockTimeoutMs = 500

/** SQLSTATE. */
const duplicateTable = '42P07'

/** Of these days (since 1970-01-01), those that get a partition of their own. */
export function daysInWindow(
  days: readonly number[],
  window: Pick<PartitionWindow, 'partitionsFrom' | 'partitionsDaysAhead'>,
  nowMs: number,
): number[] {
  const first = Math.floor(Date.parse(window.partitionsFrom) / dayMs)
  const last = Math.floor(nowMs / dayMs) + window.partitionsDaysAhead
  return days.filter((day) => day >= first && day <= last)
}

/** The partitions of a table, as far as this process knows. */
interface KnownPartitions {
  /** Days with a partition, or that were tried in vain. */
  readonly days: Set<number>
  count: number
  forgetAtMs: number
}

/** Makes partitions before rows need them. A day without one is no failure: its rows go to the default partition. */
export class Partitions {
  private readonly known = new Map<string, KnownPartitions>()

  constructor(
    private readonly pool: pg.Pool,
    private readonly window: PartitionWindow,
  ) {}

  async ensure(table: string, days: readonly number[]): Promise<void> {
    const nowMs = Date.now()
    const today = Math.floor(nowMs / dayMs)
    let known = this.known.get(table)
    if (known === undefined || nowMs >= known.forgetAtMs) {
      known = { days: new Set(), count: await this.countPartitions(table), forgetAtMs: nowMs + trustMs }
      this.known.set(table, known)
    }
    for (const day of daysInWindow(days, this.window, nowMs)) {
      if (known.days.has(day)) continue
      if (known.count >= this.window.maxPartitions && Math.abs(day - today) > daysAroundToday) continue
      const outcome = await this.make(table, day)
      if (outcome === 'made') known.count++
      if (outcome === 'locked') known.forgetAtMs = Math.min(known.forgetAtMs, nowMs + retryMs)
      known.days.add(day)
    }
  }

  private async countPartitions(table: string): Promise<number> {
    const result = await this.pool.query<{ count: string }>(
      `SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1`,
      [table],
    )
    return Number(result.rows[0]?.count ?? 0)
  }

  private async make(table: string, day: number): Promise<'made' | 'existed' | 'locked'> {
    const isoDate = new Date(day * dayMs).toISOString().slice(0, 10)
    try {
      // A transaction of its own, so the locks are held for no longer than it takes.
      return await inTransaction(this.pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
        const result = await client.query<{ made: boolean }>(
          'SELECT sluice.ensure_partition($1, $2::date) AS made',
          [table, isoDate],
        )
        return result.rows[0]?.made === true ? 'made' : 'existed'
      })
    } catch (error) {
      // Somebody made it while we waited for our turn.
      if (error instanceof pg.DatabaseError && error.code === duplicateTable) return 'existed'
      if (isLockTimeout(error)) return 'locked'
      throw error
    }
  }
}
