import pg from 'pg'

export interface PartitionWindow {
  /** First day (UTC, ISO date) that gets a partition of its own; what is older goes to the default partition. */
  readonly partitionsFrom: string
  /** Days after today that still get one. A clock that is years ahead must not make partitions for each of its days. */
  readonly partitionsDaysAhead: number
}

const dayMs = 86_400_000
/** SQLSTATE */
const duplicateTable = '42P07'
/** How long a partition is believed to exist: somebody may drop one. */
const trustMs = 300_000

/** Of these days (since 1970-01-01), those that get a partition of their own. */
export function daysInWindow(days: readonly number[], window: PartitionWindow, nowMs: number): number[] {
  const first = Math.floor(Date.parse(window.partitionsFrom) / dayMs)
  const last = Math.floor(nowMs / dayMs) + window.partitionsDaysAhead
  return days.filter((day) => day >= first && day <= last)
}

/** Makes partitions before rows need them; remembers those that are there. */
export class Partitions {
  private known = new Set<string>()
  private forgetAtMs = 0

  constructor(
    private readonly pool: pg.Pool,
    private readonly window: PartitionWindow,
  ) {}

  async ensure(table: string, days: readonly number[]): Promise<void> {
    const nowMs = Date.now()
    if (nowMs >= this.forgetAtMs) {
      this.known = new Set()
      this.forgetAtMs = nowMs + trustMs
    }
    for (const day of daysInWindow(days, this.window, nowMs)) {
      const key = `${table} ${day}`
      if (this.known.has(key)) continue
      await this.make(table, day)
      this.known.add(key)
    }
  }

  private async make(table: string, day: number): Promise<void> {
    const isoDate = new Date(day * dayMs).toISOString().slice(0, 10)
    try {
      // A statement of its own, so the locks are held for no longer than it takes.
      await this.pool.query('SELECT sluice.ensure_partition($1, $2::date)', [table, isoDate])
    } catch (error) {
      // Somebody made it while we waited for our turn: the server's cache of names told us that it was not there.
      if (!(error instanceof pg.DatabaseError && error.code === duplicateTable)) throw error
    }
  }
}
