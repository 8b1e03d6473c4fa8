import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { parse } from 'yaml'
import { z } from 'zod'
import { findPackageRoot } from '../../../src/settings/package-root.js'

/** Whether every index that the log types declare is there, partition by partition. */
export interface IndexCheck {
  /** Partitions that hold rows. */
  readonly partitions: number
  /** Their indexes that are valid, the time index of each included. */
  readonly indexes: number
  readonly expectedIndexes: number
  readonly complete: boolean
}

/** How many of the declared indexes some query has used since the database was created. */
export async function countUsedIndexes(client: Client): Promise<{ declared: number; used: number }> {
  let declared = 0
  let used = 0
  for (const { table, definitions } of await readDeclaredIndexes()) {
    declared += definitions.length
    const { rows } = await client.query<{ definition: string }>(
      `SELECT DISTINCT ${DEFINITION} AS definition
         FROM pg_partition_tree($1::regclass) tree
         JOIN pg_stat_user_indexes s ON s.relid = tree.relid
         JOIN pg_index i USING (indexrelid)
        WHERE s.idx_scan > 0`,
      [`public.${table}`],
    )
    used += definitions.filter((definition) => rows.some((row) => row.definition === definition)).length
  }
  return { declared, used }
}

/** Method and columns of index i, such as "btree (src_ip, "timestamp")". */
const DEFINITION = `regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING (\\w+ \\([^)]*\\)).*$', '\\1')`

/** Counts valid indexes of the partitions that hold rows: one over time, and those that are declared. */
export async function checkIndexes(client: Client): Promise<IndexCheck> {
  const declared = await readDeclaredIndexes()
  let partitions = 0
  let indexes = 0
  let expectedIndexes = 0
  let complete = true
  for (const { table, definitions } of declared) {
    for (const partition of await readPartitions(client, table)) {
      if (!(await holdsRows(client, partition.name))) continue
      partitions++
      indexes += partition.valid.length
      expectedIndexes += 1 + definitions.length
      const time = partition.valid.filter((definition) => definition.startsWith('brin ("timestamp")'))
      const missing = definitions.filter((definition) => !partition.valid.includes(definition))
      if (time.length !== 1 || missing.length > 0) complete = false
    }
  }
  return { partitions, indexes, expectedIndexes, complete: complete && partitions > 0 }
}

const declaration = z.object({
  table: z.string(),
  indexes: z.array(z.array(z.string())).default([]),
})

/** From the declarations themselves, as "btree (a, b)". */
async function readDeclaredIndexes(): Promise<{ table: string; definitions: string[] }[]> {
  const directory = join(findPackageRoot(), 'config', 'log-types')
  const files = (await readdir(directory)).filter((file) => /\.ya?ml$/.test(file))
  return Promise.all(
    files.map(async (file) => {
      const { table, indexes } = declaration.parse(parse(await readFile(join(directory, file), 'utf8')))
      return {
        table,
        definitions: indexes.map((columns) => `btree (${columns.map(quoteIfNeeded).join(', ')})`),
      }
    }),
  )
}

/** As pg_get_indexdef writes it: the one column that is also a type's name comes quoted. */
function quoteIfNeeded(column: string): string {
  return column === 'timestamp' ? '"timestamp"' : column
}

async function readPartitions(
  client: Client,
  table: string,
): Promise<{ readonly name: string; readonly valid: readonly string[] }[]> {
  const { rows } = await client.query<{ name: string; valid: string[] }>(
    `SELECT tree.relid::regclass::text AS name,
            ARRAY(SELECT ${DEFINITION}
                    FROM pg_index i
                   WHERE i.indrelid = tree.relid AND i.indisvalid AND i.indisready) AS valid
       FROM pg_partition_tree($1::regclass) tree
      WHERE tree.isleaf
      ORDER BY 1`,
    [`public.${table}`],
  )
  return rows
}

async function holdsRows(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(`SELECT EXISTS (SELECT FROM ${table}) AS found`)
  return rows[0]?.found ?? false
}
