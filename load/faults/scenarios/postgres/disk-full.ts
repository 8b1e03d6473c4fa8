import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import { startSmallDisk } from './small-disk.js'

export const postgresDiskFull: Scenario = {
  name: 'postgres-disk-full',
  faults: [36],
  title: 'The disk of the tables is full (53100), until they are moved to a larger one.',
  observe:
    'The indexer logs "PostgreSQL cannot be used" with SQLSTATE 53100 and holds what it has; `sluice_indexer_postgres_errors_total{class="resources"}` and `sluice_stream_lag{group="indexers"}` grow. The dead letters do not.',
  discuss:
    'A pipeline that sets aside what it cannot write would have emptied its queue here. Where would it have written its dead letters to?',
  recovery:
    'A full disk says nothing about a line: the same batches are tried again for as long as it takes. Someone makes room, or moves the tables (ALTER TABLE ALL IN TABLESPACE … SET TABLESPACE …), and indexing goes on by itself.',
  ownServers: {},
  async run(trial) {
    const disk = await startSmallDisk(trial, 2)
    trial.tell(`the small disk is ${disk.what}`)
    try {
      await trial.startRoles({ parser: 1, reader: 1 })
      const indexer = await trial.startRole('indexer')
      const oracle = trial.keepWriting({ linesPerSecond: 6000 })
      await indexer.waitForLine(/53100/)
      await pollUntil(
        'several attempts are refused',
        async () => {
          const errors = await readMetric(indexer, 'sluice_indexer_postgres_errors_total', {
            class: 'resources',
          })
          return errors >= 3
        },
        { timeoutMs: 60_000 },
      )
      const bisected = await readMetric(indexer, 'sluice_indexer_transactions_total', { outcome: 'bisected' })
      if (bisected > 0) throw new Error('the indexer looked for a line to blame for the full disk')
      const lines = await trial.committedLines()
      trial.tell(`the disk is full; ${lines} lines are committed`)
      const written = await oracle
      if (lines >= written.totals.lines)
        throw new Error('everything had been committed before the disk was full')
      return { oracle: written }
    } finally {
      await disk.relieve()
      trial.tell('the tables are where there is room')
    }
  },
}
