import { pollUntil } from '../../../test/poll-until.js'
import { startTcpProxy } from '../../../test/tcp-proxy.js'
import type { Scenario } from '../../scenario.js'

export const postgresNetworkSilent: Scenario = {
  name: 'postgres-network-silent',
  faults: [38],
  title: 'The network to PostgreSQL goes silent in the middle of a COPY; every connection looks open.',
  observe:
    'For a while nothing: no error, no rows, and pg_stat_activity shows sessions that wait for their client. Then "PostgreSQL cannot be used", and new connections.',
  discuss:
    'The server holds locks for a transaction whose client it cannot reach. Which settings bound that, and what would wait for it without them?',
  recovery:
    'The client gives up a statement that takes longer than the server would allow it (postgres.statementTimeoutMs and five seconds), and with it the connection. The server ends a transaction that is idle or too long, and with it its locks. The same batches then go over a new connection.',
  async run(trial) {
    const proxy = await startTcpProxy(trial.services.databaseUrl)
    const url = new URL(trial.databaseUrl)
    url.port = new URL(proxy.url).port
    const env = {
      DATABASE_URL: url.href,
      SLUICE_POSTGRES_STATEMENT_TIMEOUT_MS: '1000',
      SLUICE_POSTGRES_LOCK_TIMEOUT_MS: '1000',
    }
    await trial.startRoles({ parser: 1, reader: 1 }, env)
    const indexer = await trial.startRole('indexer', [], env)
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    const before = proxy.connections
    // So large is only what carries rows.
    await proxy.silenceWithin(8000)
    trial.tell('the network is silent, in the middle of a COPY')
    await indexer.waitForLine(/PostgreSQL cannot be used/)
    await pollUntil('the indexer connects again', () => proxy.connections > before)
    return { oracle: await oracle }
  },
}
