import type pg from 'pg'
import { SluiceError } from '../../errors/sluice-error.js'
import { selectTables } from '../../recovery/old-rows.js'
import type { TypeTable } from '../../retention/detach-day.js'

/** Log types that ever had a table, or the one of this name. @throws SluiceError SLUICE_USAGE */
export async function selectTypeTables(pool: pg.Pool, logType?: string): Promise<TypeTable[]> {
  const tables = await selectTables(pool)
  const chosen = tables.filter((one) => logType === undefined || one.logType === logType)
  if (logType === undefined || chosen.length > 0) return chosen
  throw new SluiceError('SLUICE_USAGE', 'there is no such log type', {
    expected: `--type with one of ${tables.map((one) => one.logType).join(', ')}`,
    got: logType,
  })
}
