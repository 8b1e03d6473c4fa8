import { consumersOf, listConsumers } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import { waitForFailpoint } from '../../failpoint-reached.js'
import { countPublishedAgain } from '../../published-again.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'

export const indexerAcknowledgedByHand: Scenario = {
  name: 'indexer-acknowledged-by-hand',
  faults: [17],
  title:
    'Entries are acknowledged and stay in the stream: once of batches that are committed, once of batches that are not.',
  observe:
    '`XLEN sluice:{dns}:rows` counts entries that no consumer has pending and that nobody will be given again. Then `sluice_orphans_removed_total{stage="indexer"}` rises, and for what was not committed `sluice_reader_batches_republished_total` of the reader.',
  discuss:
    'Sluice itself acknowledges and deletes in one step. Who else can acknowledge (XACK), or lose what a consumer holds (XGROUP DELCONSUMER)? What would become of an entry that is in a stream for ever: of the backlog, of the reader that sees its batch in a stream?',
  recovery:
    'Whoever claims looks at the oldest entries, too, and removes those that were delivered and are pending with nobody. What is in the ledger is done with; what is not is then in no stream, and the reader publishes it again from the file.',
  async run(trial) {
    const written = trial.keepWriting()
    await trial.startRoles({ parser: 1, reader: 1 })
    await orphan(trial, 'indexer.committed')
    await orphan(trial, 'indexer.rows-copied')
    const indexer = await trial.startRole('indexer')
    return {
      oracle: await written,
      async check() {
        const removed = await readMetric(indexer, 'sluice_orphans_removed_total', { stage: 'indexer' })
        const again = await countPublishedAgain(trial)
        if (removed === 0 || again === 0) {
          throw new Error(`${removed} orphans removed, ${again} chunks published again`)
        }
        trial.tell(`${removed} orphans were removed, ${again} chunks published again`)
      },
    }
  },
}

/** An indexer dies there, and somebody acknowledges in its name what it held, and deletes nothing. */
async function orphan(trial: Trial, point: 'indexer.committed' | 'indexer.rows-copied'): Promise<void> {
  const { redis, key } = trial
  const doomed = await trial.startRole('indexer', [], {
    SLUICE_LIFECYCLE_FAILPOINTS: `${point}=stop@${2 + trial.random.below(4)}`,
  })
  await waitForFailpoint(trial, doomed, point)
  await doomed.kill()
  const acknowledged = await pollUntil('it held something', async () => {
    let entries = 0
    for (const { logType, name } of consumersOf(await listConsumers(trial, 'indexer'), doomed)) {
      const stream = key(logType, 'rows')
      const pending = (await redis.xpending(stream, 'indexers', '-', '+', 1000, name)) as [string][]
      for (const [id] of pending) entries += await redis.xack(stream, 'indexers', id)
    }
    return entries
  })
  trial.tell(`${acknowledged} entries were acknowledged by hand`)
}
