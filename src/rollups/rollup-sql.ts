import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import { eventsView, type Rollup } from '../log-types/declaration/rollup.js'
import { quoteIdentifier, quoteLiteral } from '../postgres/identifiers.js'
import type { RollupOfTable } from './declared-rollups.js'

/** Schema of the rollups' tables. */
export const rollupSchema = 'sluice_rollups'

export function rollupTable(name: string): string {
  return `${rollupSchema}.${quoteIdentifier(name)}`
}

/**
 * The hour (UTC) of a row, as the indexer counts it. Not date_bin: before its origin, older servers put the full hour
 * into the hour before.
 */
const hourOfRow = `date_trunc('hour', ${quoteIdentifier(PARTITION_KEY)}, 'UTC')`

/** The columns of a rollup's table: hour, events, keys. */
export function rollupColumns({ keys }: Rollup): string[] {
  return ['hour', 'events', ...keys]
}

/** ", key, key", for lists that begin with something else. */
export function keyList({ keys }: Rollup): string {
  return keys.map((key) => `, ${quoteIdentifier(key)}`).join('')
}

/** The condition on rows that are counted. */
function conditionOf({ where }: Rollup): string {
  const conditions = Object.entries(where).map(
    ([column, text]) => `${quoteIdentifier(column)} = ${quoteLiteral(text)}`,
  )
  return conditions.length === 0 ? 'true' : conditions.join(' AND ')
}

/** SELECT of hour, events, keys over the rows of a relation; with '-' of what takes them away. */
function selectCounts(rollup: Rollup, from: string, sign: '' | '-' = ''): string {
  return `SELECT ${hourOfRow} AS hour, ${sign}count(*) AS events${keyList(rollup)} FROM ${from}
           WHERE ${conditionOf(rollup)} GROUP BY 1${keyList(rollup)}`
}

/** INSERT of the counts of a relation's rows. */
export function insertCounts(rollup: Rollup, from: string, sign: '' | '-' = ''): string {
  return `INSERT INTO ${rollupTable(rollup.name)} (hour, events${keyList(rollup)}) ${selectCounts(rollup, from, sign)}`
}

/**
 * SELECT of the hours and keys whose sum is not what a count of `rows` says: hour, keys, "rows kept", "rows counted".
 * No declared column has a name with a blank.
 */
export function selectDifferences(rollup: Rollup, rows: string): string {
  const keys = keyList(rollup)
  // Grouping takes NULL keys for equal, which a join would not.
  return `SELECT hour${keys}, sum("rows kept") AS "rows kept", sum("rows counted") AS "rows counted"
            FROM (SELECT hour${keys}, events AS "rows kept", 0 AS "rows counted" FROM ${rollupTable(rollup.name)}
                  UNION ALL
                  SELECT hour${keys}, 0, events FROM (${selectCounts(rollup, rows)}) AS r) AS both_sides
           GROUP BY hour${keys} HAVING sum("rows kept") <> sum("rows counted")`
}

/** INSERT of what makes every sum the count of `rows`. */
export function insertDifferences(rollup: Rollup, rows: string): string {
  return `INSERT INTO ${rollupTable(rollup.name)} (hour, events${keyList(rollup)})
          SELECT hour, "rows counted" - "rows kept"${keyList(rollup)}
            FROM (${selectDifferences(rollup, rows)}) AS d ORDER BY hour`
}

/** Table and index of a rollup, with the types of its keys as they are in the type's table. */
export function createRollupSql(table: string, rollup: Rollup): string {
  const target = rollupTable(rollup.name)
  return [
    `CREATE TABLE ${target} AS
       SELECT ${quoteIdentifier(PARTITION_KEY)} AS hour, 0::bigint AS events${keyList(rollup)}
         FROM public.${quoteIdentifier(table)} WITH NO DATA;`,
    `ALTER TABLE ${target} ALTER hour SET NOT NULL, ALTER events SET NOT NULL;`,
    `CREATE INDEX ON ${target} USING brin (hour) WITH (pages_per_range = 16, autosummarize = on);`,
  ].join('\n')
}

/** What is read of a rollup: sums. Conditions on hour and keys reach its table. */
export function createViewSql(rollup: Rollup): string {
  const view = `public.${quoteIdentifier(rollup.name)}`
  return `CREATE OR REPLACE VIEW ${view} AS ${selectSums(rollup)};
    COMMENT ON VIEW ${view} IS 'Rows by hour (UTC) and key, kept by Sluice.';`
}

/** The view over the rows per hour of all types. */
export function createEventsViewSql(types: readonly RollupOfTable[]): string {
  const parts = types.map(
    (rollup) =>
      `SELECT ${quoteLiteral(rollup.logType)}::text AS log_type, hour, events FROM (${selectSums(rollup)}) AS s`,
  )
  return `CREATE OR REPLACE VIEW public.${eventsView} AS ${parts.join(' UNION ALL ')};
    COMMENT ON VIEW public.${eventsView} IS ${quoteLiteral(eventsViewComment(types))};`
}

/** Tells for which types the view is. */
export function eventsViewComment(types: readonly RollupOfTable[]): string {
  return `Rows by log type and hour (UTC), kept by Sluice: ${types.map(({ logType }) => logType).join(', ')}.`
}

function selectSums(rollup: Rollup): string {
  return `SELECT hour${keyList(rollup)}, sum(events)::bigint AS events FROM ${rollupTable(rollup.name)}
           GROUP BY hour${keyList(rollup)} HAVING sum(events) <> 0`
}
