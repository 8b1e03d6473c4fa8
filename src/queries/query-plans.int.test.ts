import type pg from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { testTelemetry } from '../../load/test/published-batches.js'
import { type TestLedger, testLedger } from '../../load/test/recorded-text.js'
import { buildAllIndexes } from '../indexer/build-all-indexes.js'
import { selectRollups } from '../rollups/declared-rollups.js'
import { fillRollup } from '../rollups/fill-rollup.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import { loadQueries } from './analyst-queries.js'

/** A node of EXPLAIN (FORMAT JSON), as far as it is used here. */
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Subplans Removed'?: number
  readonly Plans?: readonly PlanNode[]
}

const days = ['2024-01-15', '2024-01-16', '2024-01-17', '2024-01-18']
const rowsPerDay = 40_000
/** A second apart from the next: one day is asked for, of four and the default partition. */
const lastDay = { from: '2024-01-17T12:00:00Z', to: '2024-01-17T23:00:00Z' }

/** Rows of each type, spread over the days, as many different values as real logs have. */
const rowsOfDay = {
  firewall_logs: `INSERT INTO firewall_logs ("timestamp", src_ip, dst_ip, action, protocol, dst_port, source_id, line_offset, parser_version)
    SELECT t, '10.0.0.0'::inet + (n * 7919) % 750, '10.1.0.0'::inet + (n * 1049) % 750, 'accept', 'TCP', 20 + (n * 31) % 1000, 1, n, 1`,
  dns_logs: `INSERT INTO dns_logs ("timestamp", client_ip, query_domain, query_type, server_ip, response_code, source_id, line_offset, parser_version)
    SELECT t, '10.0.0.0'::inet + n % 250, 'host-' || (n * 7919) % 5000 || '.example', 'A', '10.0.0.2', 'NOERROR', 1, n, 1`,
  auth_logs: `INSERT INTO auth_logs ("timestamp", hostname, pid, status, auth_method, username, source_ip, source_port, source_id, line_offset, parser_version)
    SELECT t, 'srv', 1, CASE WHEN n % 3 = 0 THEN 'Failed' ELSE 'Accepted' END, 'password', 'root', '10.0.0.0'::inet + (n * 7919) % 750, 22, 1, n, 1`,
}

let ledger: TestLedger
let pool: pg.Pool
beforeAll(async () => {
  ledger = await testLedger()
  pool = ledger.pool
  for (const [table, insert] of Object.entries(rowsOfDay)) {
    for (const day of days) {
      await pool.query('SELECT sluice.ensure_partition($1, $2::date)', [table, day])
      await pool.query(
        `${insert} FROM generate_series(1, ${rowsPerDay}) AS n,
                LATERAL (SELECT $1::timestamptz + n * interval '86399 seconds' / ${rowsPerDay} AS t) AS at`,
        [`${day}T00:00:00Z`],
      )
    }
  }
  await buildAllIndexes({
    pool,
    buildPool: pool,
    registry: ledger.registry,
    telemetry: createIndexerTelemetry(testTelemetry(ledger)),
    stop: new AbortController().signal,
    settings: { indexAtBytes: 2 ** 26, connections: 1 },
    onProgress: () => {},
  })
  for (const rollup of await selectRollups(pool)) await fillRollup(pool, rollup)
  await pool.query('VACUUM (ANALYZE)')
}, 120_000)

const values: Readonly<Record<string, string>> = {
  ...lastDay,
  src_ip: '10.0.0.17',
  source_ip: '10.0.0.17',
  domain: 'host-17.example',
  dst_port: '443',
}

async function explain(number: string): Promise<PlanNode[]> {
  const query = (await loadQueries()).find(({ name }) => name.startsWith(number))!
  const result = await pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (FORMAT JSON) ${query.sql}`,
    query.parameters.map(({ name }) => values[name]),
  )
  return flatten(result.rows[0]!['QUERY PLAN'][0].Plan)
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}

/** Tables and partitions that are read, and indexes that lead to their rows. */
function accessed(plan: readonly PlanNode[]): { relations: string[]; indexes: string[] } {
  const distinct = (names: (string | undefined)[]) =>
    [...new Set(names.filter((name) => name !== undefined))].sort()
  return {
    relations: distinct(plan.map((node) => node['Relation Name'])),
    indexes: distinct(plan.map((node) => node['Index Name'])),
  }
}

const everyDay = (table: string, suffix = '') =>
  days.map((day) => `${table}_${day.replaceAll('-', '')}${suffix}`)

describe('the plan of', () => {
  it('question 1 reads one day, by the index of source and time', async () => {
    expect(accessed(await explain('1'))).toEqual({
      relations: ['firewall_logs_20240117'],
      indexes: ['firewall_logs_20240117_src_ip_timestamp_idx'],
    })
  })

  it('question 2 reads every day by the index of domains', async () => {
    const { relations, indexes } = accessed(await explain('2'))
    expect(relations).toEqual([...everyDay('dns_logs'), 'dns_logs_default'])
    expect(indexes).toEqual(expect.arrayContaining(everyDay('dns_logs', '_query_domain_idx')))
  })

  it('question 3 reads every day by the index of source and time', async () => {
    const { relations, indexes } = accessed(await explain('3'))
    expect(relations).toEqual([...everyDay('auth_logs'), 'auth_logs_default'])
    expect(indexes).toEqual(expect.arrayContaining(everyDay('auth_logs', '_source_ip_timestamp_idx')))
  })

  it('question 4 reads no rows but the counts by hour', async () => {
    expect(accessed(await explain('4')).relations).toEqual([
      'auth_logs_hourly',
      'dns_logs_hourly',
      'firewall_logs_hourly',
    ])
  })

  it('question 5 reads no rows but the counts by hour and source, of its hours', async () => {
    expect(accessed(await explain('5'))).toEqual({
      relations: ['firewall_sources_hourly'],
      indexes: ['firewall_sources_hourly_hour_idx'],
    })
  })

  it('question 6 reads one day, by the index of ports', async () => {
    const { relations, indexes } = accessed(await explain('6'))
    expect(relations).toEqual(['firewall_logs_20240117'])
    expect(indexes).toEqual(['firewall_logs_20240117_dst_port_timestamp_src_ip_dst_ip_idx'])
  })
})
