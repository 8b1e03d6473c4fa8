import { stat } from 'node:fs/promises'
import type pg from 'pg'
import { describeCause, SluiceError } from '../errors/sluice-error.js'
import {
  countDetached,
  countRows,
  DETACHED_SCHEMA,
  type ExpiredDay,
  lockExpiry,
  markRestored,
  type SourceRows,
  selectExpiredDays,
  selectExpiredRows,
} from '../ledger/expired-days.js'
import { failpoint } from '../lifecycle/failpoints.js'
import { quoteIdentifier } from '../postgres/identifiers.js'
import { withSessionLock } from '../postgres/session-lock.js'
import { isLockTimeout } from '../postgres/sqlstate.js'
import { insertCounted } from '../rollups/counted-changes.js'
import { expiredDayLock } from './finish-day.js'
import { coldText, insertExpression, selectColdColumns } from './parquet/cold-columns.js'
import { coldFilePath } from './parquet/export-table.js'
import { hashFile, readParquet } from './parquet/read-parquet.js'
import { isSameAccount, RowAccount } from './parquet/row-account.js'

/** What making a partition may keep others waiting; without it the rows go to the default partition. */
const partitionLockTimeoutMs = 500
/** Waits for a proof of the ledger, which may take minutes; nobody queues behind it but other proofs. */
const expiryLockTimeoutMs = 600_000
const insertRows = 2000

export interface RestoreOptions {
  /** How long retention leaves the day alone. */
  readonly keepDays: number
  /** The first day that gets a partition of its own, as an ISO date. */
  readonly partitionsFrom: string
}

/**
 * Puts the rows of an expired day back into their table, from its file or from its detached table, and takes them out
 * of the ledger's counts, in one transaction: proved to be the same rows by source, or nothing happens. `pool`: without
 * a statement timeout. The file stays. Returns the number of rows; undefined when somebody else was faster.
 * @throws SluiceError SLUICE_COLD_FILE_UNUSABLE
 */
export async function restoreDay(
  pool: pg.Pool,
  id: number,
  { keepDays, partitionsFrom }: RestoreOptions,
): Promise<number | undefined> {
  return withSessionLock(pool, expiredDayLock(id), async (client) => {
    const [day] = await selectExpiredDays(client, { id, states: ['detached', 'exported'] })
    if (day === undefined) return undefined
    if (day.state === 'exported') await requireFile(day)
    if (day.day >= partitionsFrom) await ensurePartition(client, day)
    await client.query('BEGIN')
    await client.query(`SET LOCAL lock_timeout = ${expiryLockTimeoutMs}`)
    await lockExpiry(client)
    const restored =
      day.state === 'exported' ? await insertFile(client, day) : await insertDetached(client, day)
    const rows = countRows(restored)
    await markRestored(client, id, rows, keepDays)
    failpoint('retention.day-restored', day.logType)
    await client.query('COMMIT')
    return rows
  })
}

/** @throws SluiceError unless the file is the one that was written */
async function requireFile({ file, logType, day }: ExpiredDay): Promise<void> {
  const path = coldFilePath(file!)
  let got: string
  try {
    const { size } = await stat(path)
    got = `${size} bytes, SHA-256 ${size === file!.bytes ? await hashFile(path) : 'not looked at'}`
  } catch (cause) {
    got = describeCause(cause)
  }
  const expected = `${file!.bytes} bytes, SHA-256 ${file!.sha256}`
  if (got === expected) return
  throw new SluiceError(
    'SLUICE_COLD_FILE_UNUSABLE',
    `the file of ${logType} of ${day} is not what was exported`,
    {
      expected: `${path} with ${expected}`,
      got,
    },
  )
}

/** On its own, so that its locks are gone before the rows come. */
async function ensurePartition(client: pg.PoolClient, { table, day }: ExpiredDay): Promise<void> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${partitionLockTimeoutMs}`)
    await client.query('SELECT sluice.ensure_partition($1, $2::date)', [table, day])
    await client.query('COMMIT')
  } catch (error) {
    if (!isLockTimeout(error)) throw error
    await client.query('ROLLBACK')
  }
}

async function insertDetached(client: pg.PoolClient, day: ExpiredDay): Promise<SourceRows[]> {
  const detached = `${quoteIdentifier(DETACHED_SCHEMA)}.${quoteIdentifier(day.detachedTable!)}`
  await client.query(`LOCK TABLE ${detached} IN ACCESS EXCLUSIVE MODE`)
  const counted = await countDetached(client, day.detachedTable!)
  const names = (await selectColdColumns(client, DETACHED_SCHEMA, day.detachedTable!)).map(({ name }) =>
    quoteIdentifier(name),
  )
  await client.query(
    `INSERT INTO public.${quoteIdentifier(day.table)} (${names.join(', ')})
     SELECT ${names.join(', ')} FROM ${detached}`,
  )
  await client.query(`DROP TABLE ${detached}`)
  return counted
}

async function insertFile(client: pg.PoolClient, day: ExpiredDay): Promise<SourceRows[]> {
  const content = await readParquet(coldFilePath(day.file!))
  const known = await selectColdColumns(client, 'public', day.table)
  const columns = content.columnNames.map((name) => {
    const column = known.find((one) => one.name === name)
    if (column === undefined) {
      throw new SluiceError('SLUICE_COLD_FILE_UNUSABLE', `table ${day.table} lacks a column of the file`, {
        expected: `a column ${name}`,
        got: known.map((one) => one.name).join(', '),
      })
    }
    return column
  })
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  const aliases = columns.map((_, index) => `c${index}`)
  const insert =
    `INSERT INTO public.${quoteIdentifier(day.table)} (${names})` +
    ` SELECT ${columns.map((column, index) => insertExpression(column, `u.c${index}`)).join(', ')}` +
    ` FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')}) AS u (${aliases.join(', ')})`
  const account = new RowAccount(columns)
  for await (const group of content.groups(columns)) {
    account.add(group)
    for (let from = 0; from < group[0]!.length; from += insertRows) {
      const values = group.map((column) => column.slice(from, from + insertRows).map(coldText))
      await insertCounted(client, day.table, insert, values)
    }
  }
  const expected = await selectExpiredRows(client, day.id)
  if (!isSameAccount(account.sources, expected)) {
    throw new SluiceError(
      'SLUICE_COLD_FILE_UNUSABLE',
      'the file does not hold the rows that the ledger counts',
      {
        expected: `${day.rows} rows, by source as in sluice.expired_rows`,
        got: `${account.rows} rows`,
      },
    )
  }
  return account.sources
}
