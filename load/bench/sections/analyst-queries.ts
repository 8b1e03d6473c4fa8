import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import { NAIVE_SCHEMA } from '../../naive/table.js'
import { medianOf } from '../statistics.js'

/** A question of the analysts, as it is asked of Sluice's tables and of the naive one. */
export interface BenchQuery {
  readonly name: string
  readonly title: string
  readonly sluiceSql: string
  readonly naiveSql: string
  /** The same for both. */
  readonly values: readonly string[]
}

const NAIVE = `${NAIVE_SCHEMA}.logs`

/**
 * The same questions of the naive table, in the same order of columns and rows. Moments are compared as the text that
 * they are there, which is cheaper than casting each of them.
 */
const NAIVE_SQL: Readonly<Record<string, string>> = {
  '1': `SELECT timestamp::timestamptz, (parsed_data->>'src_ip')::inet, (parsed_data->>'src_port')::int,
               (parsed_data->>'dst_ip')::inet, (parsed_data->>'dst_port')::int, parsed_data->>'protocol',
               parsed_data->>'action', (parsed_data->>'bytes_sent')::bigint, parsed_data->>'rule'
          FROM ${NAIVE}
         WHERE log_type = 'firewall' AND parsed_data->>'src_ip' = $1 AND timestamp >= $2 AND timestamp <= $3
         ORDER BY timestamp`,
  '2': `SELECT timestamp::timestamptz, (parsed_data->>'client_ip')::inet, parsed_data->>'query_domain',
               parsed_data->>'query_type', parsed_data->>'response_code'
          FROM ${NAIVE}
         WHERE log_type = 'dns' AND parsed_data->>'query_domain' = $1
         ORDER BY timestamp`,
  '3': `SELECT timestamp::timestamptz, parsed_data->>'hostname', parsed_data->>'username',
               parsed_data->>'auth_method', (parsed_data->>'source_ip')::inet, (parsed_data->>'source_port')::int
          FROM ${NAIVE}
         WHERE log_type = 'auth' AND parsed_data->>'status' = 'Failed' AND parsed_data->>'source_ip' = $1
         ORDER BY timestamp`,
  '4': `SELECT log_type, date_trunc('hour', timestamp::timestamptz) AS hour, count(*)
          FROM ${NAIVE} GROUP BY 1, 2 ORDER BY 2, 1`,
  '5': `SELECT (parsed_data->>'src_ip')::inet AS src_ip, count(*) AS events
          FROM ${NAIVE}
         WHERE log_type = 'firewall' AND timestamp >= left($1, 13) AND left(timestamp, 13) <= left($2, 13)
         GROUP BY parsed_data->>'src_ip' ORDER BY events DESC, src_ip LIMIT 20`,
  '6': `SELECT (parsed_data->>'src_ip')::inet AS src_ip, (parsed_data->>'dst_ip')::inet AS dst_ip, count(*) AS events
          FROM ${NAIVE}
         WHERE log_type = 'firewall' AND parsed_data->>'dst_port' = $1 AND timestamp >= $2 AND timestamp <= $3
         GROUP BY parsed_data->>'src_ip', parsed_data->>'dst_ip' ORDER BY events DESC, src_ip, dst_ip LIMIT 100`,
}

const DAY_MS = 86_400_000

/** Sluice's side from schema/queries; the time window is the last day of the data, which ends at `lastEventMs`. */
export async function loadBenchQueries(lastEventMs: number): Promise<BenchQuery[]> {
  const values: Readonly<Record<string, string>> = {
    src_ip: '192.168.1.10',
    source_ip: '192.168.1.10',
    from: new Date(lastEventMs - DAY_MS).toISOString(),
    to: new Date(lastEventMs).toISOString(),
    domain: 'evil-domain.com',
    dst_port: '22',
  }
  const directory = join(findPackageRoot(), 'schema', 'queries')
  const files = (await readdir(directory)).filter((file) => /^\d.*\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const sluiceSql = await readFile(join(directory, file), 'utf8')
      const naiveSql = NAIVE_SQL[file[0]!]
      if (naiveSql === undefined)
        throw new Error(`${file}: the bench has no such question of the naive table.`)
      const parameters = [...sluiceSql.matchAll(/^-- \$\d+ (\w+) \w+:/gm)].map(([, name = '']) => name)
      return {
        ...{ name: file.slice(0, -4), title: /^-- (.+)$/m.exec(sluiceSql)?.[1] ?? file, sluiceSql, naiveSql },
        values: parameters.map((name) => {
          const value = values[name]
          if (value === undefined) throw new Error(`${file}: the bench has no value for ${name}.`)
          return value
        }),
      }
    }),
  )
}

export interface TimedQuery {
  /** Median, as a client sees it: from the question to the last row. */
  readonly milliseconds: number
  /** Every value as text, row by row. */
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>
}

const MAX_RUNS = 5
/** Slow queries need not be asked so often: their times vary less. */
const MAX_TOTAL_MS = 6000

/** Values stay the text that PostgreSQL sends: making dates of them would be most of the time of a large answer. */
const AS_SENT = { getTypeParser: () => (text: string) => text }

/** Asks once to warm up, then up to five times. */
export async function timeQuery(client: Client, sql: string, values: readonly string[]): Promise<TimedQuery> {
  const milliseconds: number[] = []
  let rows: (string | null)[][] = []
  for (let run = 0, totalMs = 0; run <= MAX_RUNS && (run < 2 || totalMs < MAX_TOTAL_MS); run++) {
    const startedMs = performance.now()
    const result = await client.query<(string | null)[]>({
      ...{ text: sql, values: [...values], rowMode: 'array', types: AS_SENT },
    })
    const elapsedMs = performance.now() - startedMs
    if (run > 0) milliseconds.push(elapsedMs)
    totalMs += elapsedMs
    rows = result.rows
  }
  return { milliseconds: medianOf(milliseconds), rows }
}
