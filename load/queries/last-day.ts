import { Client } from 'pg'
import { type AnalystQuery, loadQueries } from '../../src/queries/analyst-queries.js'
import { medianOf } from '../bench/statistics.js'
import type { EmbeddedServices } from '../services/services.js'

/** How long a question takes. */
export interface AnswerTime {
  readonly question: string
  /** Where the answer comes from: as it is shipped, or from the rows for comparison. */
  readonly from: 'shipped' | 'rows'
  readonly rows: number
  /** First answer after a restart of PostgreSQL; the operating system may have the pages still. */
  readonly coldMs: number
  /** Median of the next five. */
  readonly warmMs: number
}

/** Questions that rollups answer, asked of the rows. The parameters are those of the shipped query. */
const askedOfRows: Readonly<Record<string, string>> = {
  '4': `SELECT 'firewall' AS log_type, date_trunc('hour', "timestamp", 'UTC') AS hour, count(*) AS events
          FROM firewall_logs GROUP BY hour ORDER BY hour`,
  '5': `SELECT src_ip, count(*) AS events FROM firewall_logs
         WHERE "timestamp" >= date_trunc('hour', $1::timestamptz, 'UTC')
           AND "timestamp" < date_trunc('hour', $2::timestamptz, 'UTC') + interval '1 hour'
         GROUP BY src_ip ORDER BY events DESC, src_ip LIMIT 20`,
}

const warmRuns = 5

/**
 * Asks the questions about firewall events (1, 4, 5, 6) of the last 24 hours, each first after a restart of the server.
 * Throws when the rollups answer otherwise than the rows.
 */
export async function timeLastDay(
  services: Pick<EmbeddedServices, 'databaseUrl' | 'postgres'>,
  databaseUrl: string,
): Promise<AnswerTime[]> {
  const times: AnswerTime[] = []
  for (const query of (await loadQueries()).filter(({ name }) => /^[1456]/.test(name))) {
    const values = await withClient(databaseUrl, (client) => exampleValues(client, query))
    const shipped = await timeOne(services, databaseUrl, query.sql, values)
    times.push({ question: query.title, from: 'shipped', ...shipped.time })
    const sql = askedOfRows[query.name[0]!]
    if (sql === undefined) continue
    const ofRows = await timeOne(services, databaseUrl, sql, values)
    times.push({ question: query.title, from: 'rows', ...ofRows.time })
    if (ofRows.answer !== shipped.answer) throw new Error(`${query.name}: the rows answer otherwise`)
  }
  return times
}

async function timeOne(
  { postgres }: Pick<EmbeddedServices, 'postgres'>,
  databaseUrl: string,
  sql: string,
  values: readonly string[],
): Promise<{ time: Pick<AnswerTime, 'rows' | 'coldMs' | 'warmMs'>; answer: string }> {
  await postgres.stop('fast')
  await postgres.start()
  return withClient(databaseUrl, async (client) => {
    const ask = async () => {
      const beganMs = performance.now()
      const { rows } = await client.query(sql, [...values])
      return { rows, ms: performance.now() - beganMs }
    }
    const first = await ask()
    const warm: number[] = []
    for (let run = 0; run < warmRuns; run++) warm.push((await ask()).ms)
    const time = { rows: first.rows.length, coldMs: first.ms, warmMs: medianOf(warm) }
    return { time, answer: JSON.stringify(first.rows) }
  })
}

/** What `sluice queries` asks with when it is not told. */
async function exampleValues(client: Client, { parameters }: AnalystQuery): Promise<string[]> {
  const values: string[] = []
  for (const { exampleSql } of parameters) {
    const { rows } = await client.query<{ value: string }>(
      `SELECT example::text AS value FROM (${exampleSql}) AS found (example)`,
    )
    values.push(rows[0]!.value)
  }
  return values
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
