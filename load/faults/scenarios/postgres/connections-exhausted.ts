import { Client } from 'pg'
import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

export const postgresConnectionsExhausted: Scenario = {
  name: 'postgres-connections-exhausted',
  faults: [33],
  title: 'Others take every connection that PostgreSQL gives (53300), and those of Sluice are ended.',
  observe:
    'Reader and indexer log "PostgreSQL cannot be used" with SQLSTATE 53300; `sluice_indexer_postgres_errors_total{class="resources"}` rises. Nothing becomes a dead letter.',
  discuss:
    'How many connections does an installation need at most (`indexer.connections` and the number of processes), and who in your organisation knows max_connections?',
  recovery:
    'Class 53 says nothing about a line: it is waited out, with growing pauses, so that the refused do not add to the crowd. As soon as a connection is free, work goes on.',
  ownServers: { postgres: { max_connections: '25', superuser_reserved_connections: '0' } },
  async run(trial) {
    const roles = await trial.startRoles({ parser: 1, indexer: 1, reader: 1 })
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    const crowd: Client[] = []
    try {
      await withClient(trial.databaseUrl, async (client) => {
        await pollUntil(
          'reader and indexer are refused a connection',
          async () => {
            await takeEveryConnection(trial.databaseUrl, crowd)
            await client.query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sluice%'`,
            )
            return roles.every(
              ({ role, stderrLines }) =>
                role === 'parser' || stderrLines().some((line) => line.includes('53300')),
            )
          },
          { intervalMs: 20, timeoutMs: 60_000 },
        )
        trial.tell(`${crowd.length} connections of others; reader and indexer get none`)
      })
    } finally {
      await Promise.all(crowd.map((one) => one.end()))
    }
    return { oracle: await oracle }
  },
}

async function takeEveryConnection(url: string, crowd: Client[]): Promise<void> {
  for (;;) {
    const one = new Client({ connectionString: url })
    one.on('error', () => undefined)
    try {
      await one.connect()
    } catch {
      return
    }
    crowd.push(one)
  }
}
