import { startTcpProxy, type Wire } from '../../../test/tcp-proxy.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerCommitReplyLost: Scenario = {
  name: 'indexer-commit-reply-lost',
  faults: [20],
  title: 'PostgreSQL commits, and the network breaks before its answer to COMMIT reaches the indexer.',
  observe:
    '`sluice_indexer_transactions_total{outcome="retried"}` rises, and right behind it `sluice_indexer_batches_total{outcome="duplicate"}`; `sluice_outages_total{service="postgres"}` counts the loss of the connection.',
  discuss:
    'Without an answer the indexer cannot know whether it has committed. What would an application do that has no ledger: commit again, or give up?',
  recovery:
    'The indexer writes the same batches again on a new connection. If the first COMMIT had come to pass, their hashes are in the ledger, nothing is written twice, and they are acknowledged; if not, they are written now. It need not know which.',
  async run(trial) {
    const written = trial.keepWriting()
    const inCopy = new Set<Wire['near']>()
    let commits = 0
    let lost = 0
    const every = 3 + trial.random.below(4)
    const proxy = await startTcpProxy(trial.databaseUrl, (sent, { near, far }) => {
      if (sent.includes('FROM STDIN')) inCopy.add(near)
      if (!sent.includes('COMMIT\0') || !inCopy.delete(near) || ++commits % every !== 0 || lost === 3) return
      lost++
      // Instead of passing the answer on: it is on its way back, so the COMMIT has come to pass.
      far.removeAllListeners('data').once('data', () => near.destroy())
    })
    const indexer = await trial.startRole('indexer', [], {
      DATABASE_URL: proxy.url,
      // Small ones, so that there are many.
      SLUICE_INDEXER_BATCHES_PER_TRANSACTION: '2',
    })
    await trial.startRoles({ parser: 1, reader: 1 })
    const duplicates = await waitForMetric(indexer, 'sluice_indexer_batches_total', { outcome: 'duplicate' })
    trial.tell(`${lost} answers to COMMIT were lost so far, ${duplicates} batches were written again`)
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    if (lost !== 3) throw new Error(`3 answers to COMMIT were to be lost, not ${lost}`)
    await indexer.kill('SIGTERM')
    await proxy.cut()
    await trial.startRole('indexer')
    return { oracle }
  },
}
