import { countUndelivered, waitForPendingAndStop } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import { expectPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'

export const redisFlushed: Scenario = {
  name: 'redis-flushed',
  faults: [22],
  compose: true,
  title: 'FLUSHALL in the middle of a run: streams, groups and everything that was on its way are gone.',
  observe:
    '`sluice status` shows empty streams while chunks are in flight; then `sluice_reader_batches_republished_total` rises. No process restarts, nothing has to be done.',
  discuss:
    'How does the reader find out? Nothing tells it that Redis was flushed, and it asks neither a clock nor a mark in Redis.',
  recovery:
    'Consumer groups are created again by the next read. Chunks that are recorded and incomplete, and whose batches are in no stream, are cut again from their files with the recorded boundaries. What was committed before is a duplicate to the ledger and adds nothing.',
  quick: true,
  async run(trial) {
    await trial.startRoles({ parser: 1, reader: 1 })
    const indexer = await trial.startRole('indexer')
    const oracle = trial.keepWriting({ lines: 20_000, linesPerSecond: 5000 })
    await trial.waitForLines(500 + trial.random.below(5000), { intervalMs: 20 })
    // The others get ahead of an indexer that is stopped: what it was not given yet, only Redis has.
    await waitForPendingAndStop(trial, 'indexer', [indexer])
    const lost = await pollUntil('batches wait that no indexer has', async () => {
      const waiting = await countUndelivered(trial, 'indexer', 'firewall')
      return waiting >= 3 ? waiting : undefined
    })
    await trial.redis.flushall()
    trial.tell(`flushed, with ${lost} firewall batches in the streams that no indexer had`)
    indexer.process.kill('SIGCONT')
    return { oracle: await oracle, check: () => expectPublishedAgain(trial) }
  },
}
