import type { Client } from 'pg'

/** A schema of its own: Sluice keeps a view named `logs` in public. */
export const NAIVE_SCHEMA = 'naive'

/** The one table of the naive design: everything that was parsed in one document, and no index. */
export async function createNaiveTable(client: Client): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${NAIVE_SCHEMA}`)
  await client.query(`DROP TABLE IF EXISTS ${NAIVE_SCHEMA}.logs`)
  await client.query(`
    CREATE TABLE ${NAIVE_SCHEMA}.logs (
      id          serial,
      log_type    varchar(50),
      raw_line    text,
      timestamp   varchar(50),
      source_file varchar(255),
      parsed_data jsonb,
      indexed_at  timestamp DEFAULT now()
    )`)
}

export interface NaiveRow {
  readonly logType: string
  readonly rawLine: string
  readonly timestamp: string
  readonly sourceFile: string
  readonly parsed: Readonly<Record<string, string>>
}

/** One row, one commit: outside an explicit transaction every statement is its own. */
export async function insertNaiveRow(client: Client, row: NaiveRow): Promise<void> {
  await client.query(
    `INSERT INTO ${NAIVE_SCHEMA}.logs (log_type, raw_line, timestamp, source_file, parsed_data)
     VALUES ($1, $2, $3, $4, $5)`,
    [row.logType, row.rawLine, row.timestamp, row.sourceFile, JSON.stringify(row.parsed)],
  )
}
