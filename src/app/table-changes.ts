import pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { sleep } from '../lifecycle/sleep.js'
import type { LogType } from '../log-types/log-type.js'
import {
  type ColumnChanges,
  decideColumnChanges,
  type RefusedChange,
} from '../log-types/tables/column-changes.js'
import { changeTableSql } from '../log-types/tables/ddl.js'
import { selectTableColumns } from '../log-types/tables/table-columns.js'
import { isLockTimeout } from '../postgres/sqlstate.js'

/**
 * How long a change may wait for locks, in all. Writers of the table queue behind it meanwhile. Longer each time, since
 * it has to outlast the transactions that are under way.
 */
const firstWaitMs = 200
const longestWaitMs = 3000
/** Between two tries: writers get on. */
const pauseMs = 500
/** Then a person should look who holds the table. */
const maxTries = 40

/** SQLSTATEs: its locks together took too long, and somebody else was first. */
const queryCanceled = '57014'
const duplicateColumn = '42701'

type Client = Pick<pg.PoolClient, 'query'>

/**
 * Gives the table of a type the columns that its declaration has beyond it; returns their names. `client` must not be in
 * a transaction.
 * @throws SluiceError SLUICE_LOG_TYPE_INVALID when the declaration would lose or reinterpret what is in the table,
 * SLUICE_TABLE_LOCKED
 */
export async function changeTable(
  client: Client,
  type: LogType,
  removed: 'refuse' | 'leave',
): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const changes = await requireChangeable(client, type, removed)
    if (changes.add.length + changes.relax.length === 0) return []
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** tries)
    if (await tryChange(client, type, changes, waitMs)) return changes.add.map(({ name }) => name)
    if (tries === maxTries) {
      throw new SluiceError('SLUICE_TABLE_LOCKED', `table ${type.table} cannot be given a column`, {
        expected: `its lock within ${longestWaitMs} ms`,
        got: `none in ${maxTries} tries`,
      })
    }
    await sleep(pauseMs)
  }
}

async function requireChangeable(
  client: Client,
  type: LogType,
  removed: 'refuse' | 'leave',
): Promise<ColumnChanges> {
  const { changes, refused } = decideColumnChanges(
    type,
    await selectTableColumns(client, type.table),
    removed,
  )
  if (refused.length > 0) throw refusal(type, refused)
  return changes
}

function refusal(type: LogType, refused: readonly RefusedChange[]): SluiceError {
  const names = (key: 'was' | 'is') => refused.map((change) => `${change.column}: ${change[key]}`).join('; ')
  const count = refused.length === 1 ? 'a change' : `${refused.length} changes`
  return new SluiceError(
    'SLUICE_LOG_TYPE_INVALID',
    `${count} of log type ${type.name} would lose or reinterpret what table ${type.table} holds`,
    {
      expected: names('was'),
      got: names('is'),
      hint: refused.map(({ column, toDo }) => `${column}: ${toDo}`).join(' '),
    },
  )
}

/** False: its lock was not to be had in time. */
async function tryChange(
  client: Client,
  type: LogType,
  changes: ColumnChanges,
  waitMs: number,
): Promise<boolean> {
  await client.query('BEGIN')
  try {
    // Of each lock, and of the table and all of its partitions together.
    await client.query(`SET LOCAL lock_timeout = ${waitMs}; SET LOCAL statement_timeout = ${waitMs}`)
    await client.query(changeTableSql(type, changes))
    await client.query('COMMIT')
    return true
  } catch (error) {
    await client.query('ROLLBACK')
    const code = error instanceof pg.DatabaseError ? error.code : undefined
    // Another process added it between our look and our lock: look again.
    if (isLockTimeout(error) || code === queryCanceled || code === duplicateColumn) return false
    throw error
  }
}
