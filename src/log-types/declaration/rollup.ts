import type { RollupDeclaration } from './rollup-schema.js'

/** Counts of a type's rows by hour and key. */
export interface Rollup {
  /** Of its table in sluice_rollups; declared ones have a view of the same name in public. */
  readonly name: string
  /** Columns that rows are counted by, beside the hour; empty: all rows of the hour. */
  readonly keys: readonly string[]
  /** Only rows whose columns have these texts are counted. */
  readonly where: Readonly<Record<string, string>>
}

/** View over the rows per hour of all types. */
export const eventsView = 'events_hourly'

/** The rollup that every type has: its rows per hour. */
function eventsRollup(table: string): Rollup {
  return { name: `${table}_hourly`, keys: [], where: {} }
}

/** All rollups of a type, that of its rows per hour first. */
export function rollupsOf(table: string, declared: readonly RollupDeclaration[]): Rollup[] {
  return [eventsRollup(table), ...declared.map(({ name, by, where }): Rollup => ({ name, keys: by, where }))]
}
