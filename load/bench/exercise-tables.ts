import type { Client } from 'pg'
import type { ColumnValue, LogType } from '../generate/record.js'

/** What a column holds: decides how its values are written for COPY. */
export type ColumnKind = 'timestamptz' | 'inet' | 'integer' | 'text'

export interface ExerciseTable {
  readonly table: string
  /** Without the key `id`, which the table's sequence gives. */
  readonly columns: ReadonlyArray<readonly [name: string, kind: ColumnKind, definition: string]>
  readonly indexes: readonly string[]
}

const SOURCE_FILE = ['source_file', 'text', 'varchar(255)'] as const

/**
 * Typed tables as one writes them by hand: a bigserial key, typed columns, B-trees for the usual questions. The
 * typed levels and the COPY limit fill them.
 */
export const EXERCISE_TABLES: Readonly<Record<LogType, ExerciseTable>> = {
  firewall: {
    table: 'firewall_logs',
    columns: [
      ['timestamp', 'timestamptz', 'timestamptz NOT NULL'],
      ['src_ip', 'inet', 'inet NOT NULL'],
      ['dst_ip', 'inet', 'inet NOT NULL'],
      ['action', 'text', 'varchar(10)'],
      ['protocol', 'text', 'varchar(10)'],
      ['src_port', 'integer', 'integer'],
      ['dst_port', 'integer', 'integer'],
      ['bytes_sent', 'integer', 'integer'],
      ['rule', 'text', 'varchar(50)'],
      SOURCE_FILE,
    ],
    indexes: ['(src_ip, timestamp)', '(dst_port)'],
  },
  dns: {
    table: 'dns_logs',
    columns: [
      ['timestamp', 'timestamptz', 'timestamptz NOT NULL'],
      ['client_ip', 'inet', 'inet NOT NULL'],
      ['query_domain', 'text', 'varchar(255) NOT NULL'],
      ['query_type', 'text', 'varchar(10)'],
      ['server_ip', 'inet', 'inet'],
      ['response_code', 'text', 'varchar(20)'],
      SOURCE_FILE,
    ],
    indexes: ['(query_domain)'],
  },
  auth: {
    table: 'auth_logs',
    columns: [
      ['timestamp', 'timestamptz', 'timestamptz NOT NULL'],
      ['hostname', 'text', 'varchar(255)'],
      ['pid', 'integer', 'integer'],
      ['status', 'text', 'varchar(20)'],
      ['auth_method', 'text', 'varchar(50)'],
      ['username', 'text', 'varchar(100)'],
      ['source_ip', 'inet', 'inet'],
      ['source_port', 'integer', 'integer'],
      SOURCE_FILE,
    ],
    indexes: ['(status, source_ip)'],
  },
}

/** Creates them in `public`, indexes included. */
export async function createExerciseTables(client: Client): Promise<void> {
  for (const { table, columns, indexes } of Object.values(EXERCISE_TABLES)) {
    const definitions = columns.map(([name, , definition]) => `"${name}" ${definition}`)
    await client.query(`CREATE TABLE ${table} (id bigserial PRIMARY KEY, ${definitions.join(', ')})`)
    for (const index of indexes) await client.query(`CREATE INDEX ON ${table} ${index}`)
  }
}

/** A row's values in the order of the table's columns. */
export function valuesInOrder(
  { columns }: ExerciseTable,
  values: Readonly<Record<string, ColumnValue | undefined>>,
  sourceFile: string,
): ColumnValue[] {
  return columns.map(([name]) => (name === 'source_file' ? sourceFile : (values[name] ?? null)))
}
