import { waitForDeathAt } from '../../failpoint-reached.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const indexerKilledWithRedis: Scenario = {
  name: 'indexer-killed-with-redis',
  faults: [16, 17, 21],
  title: 'Four times an indexer is killed just before or just after an acknowledgement, and Redis with it.',
  observe:
    '`XLEN` of a rows stream is what its group has pending and what is not delivered yet, after every restart: `sluice_orphans_removed_total` stays 0. `sluice_indexer_batches_total{outcome="duplicate"}` rises by what was committed and not acknowledged.',
  discuss:
    'Redis flushes its file to disk once a second. When a whole machine goes down, which acknowledgements are lost, which entries are lost with them, and why is the one harmless and the other mended from the files?',
  recovery:
    'XACK, XDEL and the removal from the list of batches are one script, and one entry in the file of Redis: after a crash all of it is there, or nothing. What comes again is known to the ledger.',
  ownServers: {},
  async run(trial) {
    const { redis } = trial.services
    const written = trial.keepWriting({ lines: 60_000 })
    await trial.startRoles({ parser: 1, reader: 1 })
    for (const point of ['indexer.committed', 'indexer.acknowledged'] as const) {
      for (let round = 0; round < 2; round++) {
        const doomed = await trial.startRole('indexer', [], {
          SLUICE_LIFECYCLE_FAILPOINTS: `${point}=kill@${1 + trial.random.below(6)}`,
          // Small transactions, so that something is left for the next one.
          SLUICE_INDEXER_BATCHES_PER_TRANSACTION: '2',
        })
        await waitForDeathAt(trial, doomed, point)
        await redis.kill()
        await redis.start()
        trial.tell('Redis was killed, too, and is back')
      }
    }
    const indexer = await trial.startRole('indexer')
    return {
      oracle: await written,
      async check() {
        const orphans = await readMetric(indexer, 'sluice_orphans_removed_total')
        if (orphans > 0) throw new Error(`${orphans} entries were acknowledged and left in the stream`)
      },
    }
  },
}
