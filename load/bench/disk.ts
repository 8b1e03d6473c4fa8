import type { Client } from 'pg'

/** What a table takes on disk, its partitions and what PostgreSQL keeps beside it included. */
export interface TableSize {
  /** With its schema. */
  readonly table: string
  readonly rows: number
  readonly tableBytes: number
  readonly indexBytes: number
}

/** What a table of `schema.name` holds. */
export function contentOf({ table }: TableSize): 'rows' | 'ledger' | 'rollups' {
  if (table.startsWith('sluice_rollups.')) return 'rollups'
  return table.startsWith('sluice.') ? 'ledger' : 'rows'
}

/** All tables of a database but the system's own; partitions count as their parent. */
export async function readTableSizes(client: Client): Promise<TableSize[]> {
  const { rows } = await client.query<{ table: string; table_bytes: string; index_bytes: string }>(`
    SELECT format('%I.%I', n.nspname, root.relname) AS table,
           sum(pg_table_size(c.oid)) AS table_bytes,
           sum(pg_indexes_size(c.oid)) AS index_bytes
      FROM pg_class c
      JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
      JOIN pg_namespace n ON n.oid = root.relnamespace
     WHERE c.relkind = 'r'
       AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
     GROUP BY 1 ORDER BY 1`)
  const sizes: TableSize[] = []
  for (const { table, table_bytes: tableBytes, index_bytes: indexBytes } of rows) {
    const counted = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${table}`)
    sizes.push({
      table,
      rows: Number(counted.rows[0]?.rows),
      tableBytes: Number(tableBytes),
      indexBytes: Number(indexBytes),
    })
  }
  return sizes
}
