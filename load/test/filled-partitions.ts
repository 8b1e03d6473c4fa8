import type pg from 'pg'
import { type PartitionIndexes, readPartitionIndexes } from '../../src/postgres/unindexed-partitions.js'
import type { TestLedger } from './recorded-text.js'

/** Puts rows into the partition of a day of firewall_logs, which is made where it is missing; no ledger knows them. */
export async function addRows(pool: pg.Pool | pg.PoolClient, isoDate: string, rows: number): Promise<void> {
  await pool.query(
    `INSERT INTO firewall_logs ("timestamp", src_ip, dst_ip, action, protocol, dst_port, source_id, line_offset, parser_version)
     SELECT $1::timestamptz + n * interval '1 millisecond', '10.0.0.0'::inet + n % 250, '10.1.0.0'::inet + n % 500,
            'accept', 'TCP', n % 1000, -1, n, 1
       FROM generate_series(1, $2::int) AS n`,
    [`${isoDate}T00:00:00Z`, rows],
  )
}

/** A partition of firewall_logs with so many rows, and nothing but its time index. */
export async function fillPartition(
  ledger: TestLedger,
  isoDate: string,
  rows = 100,
): Promise<PartitionIndexes> {
  await ledger.pool.query('SELECT sluice.ensure_partition($1, $2::date)', ['firewall_logs', isoDate])
  if (rows > 0) await addRows(ledger.pool, isoDate, rows)
  return lookAt(ledger, `firewall_logs_${isoDate.replaceAll('-', '')}`)
}

/** What a partition has and lacks now. */
export async function lookAt({ pool, registry }: TestLedger, name: string): Promise<PartitionIndexes> {
  const found = (await readPartitionIndexes(pool, registry.types)).find(
    (partition) => partition.name === name,
  )
  if (found === undefined) throw new Error(`there is no partition ${name}`)
  return found
}

/** Names of the indexes of a partition; those that no query uses end in " (invalid)". */
export async function indexesOf({ pool }: TestLedger, { oid }: PartitionIndexes): Promise<string[]> {
  const result = await pool.query<{ name: string }>(
    `SELECT c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END AS name
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1 ORDER BY 1`,
    [oid],
  )
  return result.rows.map(({ name }) => name)
}
