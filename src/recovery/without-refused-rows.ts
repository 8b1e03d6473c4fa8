import type pg from 'pg'
import { findRefusedRows, setRowsAside } from '../indexer/refused-rows.js'
import { throughShortOutages } from '../lifecycle/short-outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import type { ParsedAgain } from './parse-again.js'

/**
 * Runs work with batches; where PostgreSQL refuses a value, again with the rows at fault turned into dead letters.
 * Outages are waited out for a while.
 * @throws SluiceError SLUICE_POSTGRES_UNREACHABLE
 */
export async function withoutRefusedRows<T>(
  pool: pg.Pool,
  registry: LogTypeRegistry,
  batches: readonly ParsedAgain[],
  stop: AbortSignal,
  work: (batches: readonly ParsedAgain[]) => Promise<T>,
): Promise<T> {
  try {
    return await throughShortOutages(() => work(batches), stop)
  } catch (error) {
    if (classifyFailure(error).kind !== 'data') throw error
    const rest: ParsedAgain[] = []
    for (const batch of batches) rest.push(await setRefusedAside(pool, registry, batch, stop))
    // None of the rows is to blame.
    if (rest.every((batch, index) => batch === batches[index])) throw error
    return throughShortOutages(() => work(rest), stop)
  }
}

async function setRefusedAside(
  pool: pg.Pool,
  registry: LogTypeRegistry,
  batch: ParsedAgain,
  stop: AbortSignal,
): Promise<ParsedAgain> {
  const type = registry.byName(batch.meta.logType)
  if (type === undefined || batch.meta.rows === 0) return batch
  const refused = await throughShortOutages(() => findRefusedRows(pool, type, batch.rows), stop)
  return refused.length === 0 ? batch : { ...batch, ...setRowsAside(batch, refused, batch.body) }
}
