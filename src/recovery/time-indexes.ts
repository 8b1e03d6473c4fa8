import type pg from 'pg'
import { PARTITION_SCHEMA } from '../log-types/tables/ddl.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { inTransaction } from '../postgres/pool.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import type { Logger } from '../telemetry/logger.js'

const dayMs = 86_400_000
/**
 * Swaps between two looks at a partition. Every swap searches through the rows that came since the last look: fewer
 * looks make the searches longer, more of them cost a transaction each.
 */
const swapsBetween = 16
/** A batch with more days has odd ones, and its rows are searched for in all partitions anyway. */
const maxDays = 16
/** An index build or a VACUUM has the partition: it goes without this time. */
const lockTimeoutMs = 200

/** SQLSTATE. */
const insufficientPrivilege = '42501'

/**
 * Keeps the time indexes of partitions up to date while their rows are swapped. A BRIN index knows nothing of rows that
 * came since the last VACUUM, and whoever searches by time reads all of these.
 */
export class TimeIndexes {
  private readonly swapsSince = new Map<string, number>()
  /** Tables whose indexes are another role's. */
  private readonly forbidden = new Set<string>()

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
  ) {}

  /** To be called before each swap, with the days (since 1970-01-01) of the new rows, which are those of the old. */
  async prepare(table: string, days: readonly number[]): Promise<void> {
    if (days.length > maxDays) return
    for (const day of days) {
      if (this.forbidden.has(table)) return
      const date = new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')
      const partition = `${table}_${date}`
      const swaps = this.swapsSince.get(partition) ?? swapsBetween
      if (swaps >= swapsBetween) await this.summarize(table, partition)
      this.swapsSince.set(partition, swaps >= swapsBetween ? 1 : swaps + 1)
    }
  }

  /** Nothing depends on it, so what fails fails for whoever needs it. */
  private async summarize(table: string, partition: string): Promise<void> {
    // PostgreSQL has cut such a name when it made the partition.
    if (Buffer.byteLength(partition) > 63) return
    const name = `${quoteIdentifier(PARTITION_SCHEMA)}.${quoteIdentifier(partition)}`
    try {
      await inTransaction(this.pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
        await client.query(
          `SELECT brin_summarize_new_values(i.indexrelid::regclass)
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
            WHERE i.indrelid = to_regclass($1) AND am.amname = 'brin'`,
          [name],
        )
      })
    } catch (error) {
      const { kind, sqlstate } = classifyFailure(error)
      if (sqlstate === insufficientPrivilege) {
        this.forbidden.add(table)
        this.logger.warn(
          { table, error },
          'The time index of this table can only be brought up to date by its owner; finding its rows takes longer.',
        )
      } else if (kind !== 'retry') throw error
    }
  }
}
