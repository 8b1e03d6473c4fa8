import { pollUntil } from '../../../test/poll-until.js'
import { startTcpProxy, type Wire } from '../../../test/tcp-proxy.js'
import { waitForFailpoint } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerStoppedInTransaction: Scenario = {
  name: 'indexer-stopped-in-transaction',
  faults: [18],
  title:
    'An indexer is stopped (SIGSTOP) inside an open transaction, another takes over, and the first wakes up.',
  observe:
    "`SELECT pid, state, query FROM pg_stat_activity WHERE application_name LIKE 'sluice%'` shows a session `idle in transaction`, and another that waits for its lock; then the first is gone. When the stopped indexer is continued, its log says that PostgreSQL could not be used, and its batches turn out to be duplicates.",
  discuss:
    'The claimant wants to write the same batch, so it has to wait for the transaction of the other. Who ends that transaction, and why must the bound be shorter than the idle time after which batches are taken over?',
  recovery:
    'PostgreSQL ends a transaction whose client is silent for longer than postgres.idleInTransactionTimeoutMs, and takes it back. The claimant then commits; the first finds its connection gone, tries again, and the ledger knows the batch.',
  async run(trial) {
    const written = trial.keepWriting()
    const zombie = await trial.startRole('indexer', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `indexer.rows-copied=stop@${3 + trial.random.below(6)}`,
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    await waitForFailpoint(trial, zombie, 'indexer.rows-copied')
    await trial.startRole('indexer')
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    trial.tell('another indexer has committed everything; the first is continued')
    zombie.process.kill('SIGCONT')
    await waitForMetric(zombie, 'sluice_indexer_batches_total', { outcome: 'duplicate' })
    return { oracle }
  },
}

export const indexerStoppedInCopy: Scenario = {
  name: 'indexer-stopped-in-copy',
  faults: [18],
  title:
    'An indexer is stopped (SIGSTOP) in the middle of a COPY, another takes over, and the first wakes up.',
  observe:
    'The session of the stopped indexer is `active`, with the wait event `ClientRead`: for PostgreSQL it is not idle, and no time-out of the server ends it. The log of the other indexer says first that a lock was not granted (SQLSTATE 55P03), then that transactions of a silent indexer were ended.',
  discuss:
    'Which of the time-outs of PostgreSQL (statement, transaction, idle in transaction, TCP keepalive) notices a client that is stopped while the server reads from it? None: what can the claimant know that the server does not?',
  recovery:
    'An indexer that waited for a lock in vain ends sessions of the installation that are in a COPY and have waited for their client for longer than postgres.idleInTransactionTimeoutMs. What they had written is taken back, and the claimant commits.',
  async run(trial) {
    const written = trial.keepWriting()
    let copies = 3 + trial.random.below(6)
    let stoppedIn: Wire | undefined
    const proxy = await startTcpProxy(trial.databaseUrl, (sent, wire) => {
      if (!sent.includes('FROM STDIN') || --copies !== 0) return
      // What follows the command stays in the wire, so the server waits for it.
      wire.near.pause()
      zombie.process.kill('SIGSTOP')
      stoppedIn = wire
    })
    const zombie = await trial.startRole('indexer', [], { DATABASE_URL: proxy.url })
    await trial.startRoles({ parser: 1, reader: 1 })
    const wire = await pollUntil('the indexer is stopped', () => stoppedIn, { timeoutMs: 30_000 })
    trial.tell('the indexer is stopped at the beginning of a COPY')
    const claimant = await trial.startRole('indexer', [], { SLUICE_POSTGRES_LOCK_TIMEOUT_MS: '1000' })
    await claimant.waitForLine(/silent indexer held a lock and were ended/, { timeoutMs: 30_000 })
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    trial.tell('another indexer has committed everything; the first is continued')
    wire.near.resume()
    zombie.process.kill('SIGCONT')
    await waitForMetric(zombie, 'sluice_indexer_batches_total', { outcome: 'duplicate' })
    await zombie.kill('SIGTERM')
    await proxy.cut()
    return { oracle }
  },
}
