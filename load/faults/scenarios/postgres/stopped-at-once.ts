import type { Scenario } from '../../scenario.js'

export const postgresStoppedAtOnce: Scenario = {
  name: 'postgres-stopped-at-once',
  faults: [31],
  compose: true,
  title: 'PostgreSQL is stopped immediately, in the middle of transactions, and started again.',
  observe:
    'Reader and indexer log "PostgreSQL cannot be used; waiting for it."; `sluice_outage_active{service="postgres"}` is 1, and for the reader `sluice_reader_backpressure_active{cause="outage"}` too. Parsers go on for as long as there is work. /readyz says 503, /healthz stays good.',
  discuss:
    'When the connection breaks during COMMIT, the indexer does not know whether the transaction counts. What does it do, and why need it not find out?',
  recovery:
    'PostgreSQL recovers from its log: what was committed is there, all else never was. The indexer keeps its batches and tries the same again; one that was committed after all is a duplicate to the ledger.',
  quick: true,
  ownServers: {},
  async run(trial) {
    const { postgres } = trial.services
    const roles = await trial.startRoles({ parser: 1, indexer: 1, reader: 1 })
    const oracle = trial.keepWriting({ lines: 20_000, linesPerSecond: 5000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    await postgres.stop('immediate')
    trial.tell('PostgreSQL is gone')
    for (const role of roles) {
      // A parser has nothing to do with PostgreSQL, and does not notice.
      if (role.role !== 'parser') await role.waitForLine(/PostgreSQL cannot be used/)
    }
    await postgres.start()
    trial.tell('PostgreSQL has recovered')
    return { oracle: await oracle }
  },
}
