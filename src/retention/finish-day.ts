import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type pg from 'pg'
import {
  countDetached,
  countRows,
  DETACHED_SCHEMA,
  type ExpiredDay,
  lockExpiry,
  markGone,
  noteFile,
  type SourceRows,
  selectExpiredDays,
} from '../ledger/expired-days.js'
import { failpoint } from '../lifecycle/failpoints.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { withSessionLock } from '../postgres/session-lock.js'
import { isLockTimeout } from '../postgres/sqlstate.js'
import { uncountDetached } from '../rollups/counted-changes.js'
import { coldFilePath, type ExportedTable, exportTable } from './parquet/export-table.js'
import { isSameAccount } from './parquet/row-account.js'

export type FinishOutcome =
  | { readonly kind: 'dropped' | 'exported'; readonly rows: number; readonly path?: string }
  /** It stays where it is, as was asked for. */
  | { readonly kind: 'detached' }
  /** Somebody else is at it, or has done it. */
  | { readonly kind: 'nothing-to-do' }
  /** The ledger is being proved, or somebody reads the table. */
  | { readonly kind: 'postponed' }

/** Nobody that writes waits behind this one; a proof of the ledger does. */
const lockTimeoutMs = 500

/** Of a day, so that no two processes export or restore the same. */
export function expiredDayLock(id: number): string {
  return `sluice expired day ${id}`
}

/**
 * Does with a detached day what its goal says: counts its rows for the ledger and drops its table, after writing them
 * to a file where they are to be exported. `pool`: without a statement timeout. `directory`: where files go.
 * Repeated after an interruption, it goes on. Throws what PostgreSQL and the disk say; then the rows are still there.
 */
export async function finishDay(pool: pg.Pool, id: number, directory: string): Promise<FinishOutcome> {
  const outcome = await withSessionLock(pool, expiredDayLock(id), async (client): Promise<FinishOutcome> => {
    const [day] = await selectExpiredDays(client, { id, states: ['detached'] })
    if (day === undefined) return { kind: 'nothing-to-do' }
    if (day.goal === 'detach') return { kind: 'detached' }
    const isExport = day.goal === 'export' && (await hasRows(client, day.detachedTable!))
    const exported = isExport ? await exportDay(client, day, directory) : undefined
    try {
      const rows = await dropDetached(client, day, exported?.table)
      return exported === undefined
        ? { kind: 'dropped', rows }
        : { kind: 'exported', rows, path: exported.path }
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      await client.query('ROLLBACK')
      return { kind: 'postponed' }
    }
  })
  return outcome ?? { kind: 'nothing-to-do' }
}

async function hasRows(client: pg.PoolClient, detachedTable: string): Promise<boolean> {
  const result = await client.query(
    `SELECT FROM ${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable)} LIMIT 1`,
  )
  return result.rowCount === 1
}

async function exportDay(
  client: pg.PoolClient,
  day: ExpiredDay,
  directory: string,
): Promise<{ path: string; table: ExportedTable }> {
  // Random: a database that is set back counts its days anew, and the files of before stay whole.
  const name = `${day.table}_${day.day}_${randomBytes(4).toString('hex')}.parquet`
  const file = await noteFile(client, day.id, { directory: join(resolve(directory), day.table), name })
  const path = coldFilePath(file)
  return { path, table: await exportTable(client, day, path) }
}

/** In one transaction: the rows leave the database and its rollups, and the ledger takes their counts over. */
async function dropDetached(
  client: pg.PoolClient,
  { id, logType, table: typeTable, detachedTable }: ExpiredDay,
  exported: ExportedTable | undefined,
): Promise<number> {
  const table = `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(detachedTable!)}`
  await client.query('BEGIN')
  await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
  await lockExpiry(client)
  await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  const counted = await countDetached(client, detachedTable!)
  if (exported !== undefined) requireSame(exported.sources, counted)
  await markGone(client, id, counted, exported)
  await uncountDetached(client, typeTable, detachedTable!)
  await client.query(`DROP TABLE ${table}`)
  failpoint('retention.day-dropped', logType)
  await client.query('COMMIT')
  return countRows(counted)
}

function requireSame(exported: readonly SourceRows[], counted: readonly SourceRows[]): void {
  if (isSameAccount(exported, counted)) return
  throw new Error('the detached table was changed while it was exported; it stays, and is exported again')
}
