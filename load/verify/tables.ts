import type { ColumnValue, ExpectedRow, LogType } from '../generate/record.js'

/** How a column is read as text that is equal exactly if the values are. */
type ColumnKind = 'text' | 'number' | 'address' | 'moment'

interface TypedTable {
  readonly table: string
  readonly columns: Readonly<Record<string, ColumnKind>>
}

export const TABLES: Readonly<Record<LogType, TypedTable>> = {
  firewall: {
    table: 'public.firewall_logs',
    columns: {
      timestamp: 'moment',
      src_ip: 'address',
      dst_ip: 'address',
      action: 'text',
      protocol: 'text',
      src_port: 'number',
      dst_port: 'number',
      bytes_sent: 'number',
      rule: 'text',
    },
  },
  dns: {
    table: 'public.dns_logs',
    columns: {
      timestamp: 'moment',
      client_ip: 'address',
      query_domain: 'text',
      query_type: 'text',
      server_ip: 'address',
      response_code: 'text',
    },
  },
  auth: {
    table: 'public.auth_logs',
    columns: {
      timestamp: 'moment',
      hostname: 'text',
      pid: 'number',
      status: 'text',
      auth_method: 'text',
      username: 'text',
      source_ip: 'address',
      source_port: 'number',
    },
  },
}

/** The column as text: addresses without their prefix length, moments as microseconds since 1970. */
export function selectAsText(column: string, kind: ColumnKind): string {
  switch (kind) {
    case 'text':
    case 'number':
      return `t."${column}"::text AS "${column}"`
    case 'address':
      return `host(t."${column}") AS "${column}"`
    case 'moment':
      return `(extract(epoch FROM t."${column}") * 1000000)::bigint::text AS "${column}"`
  }
}

/** The same text of the expected value. */
export function expectedAsText(value: ColumnValue | undefined, kind: ColumnKind): string | null {
  if (value === null || value === undefined) return null
  return kind === 'moment' ? String(BigInt(Date.parse(String(value))) * 1000n) : String(value)
}

/** Fields in an order of their own, since jsonb does not keep the line's. */
export function extraAsText(extra: ExpectedRow['extra'] | null): string | null {
  if (extra === undefined || extra === null) return null
  return JSON.stringify(Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1)))
}
