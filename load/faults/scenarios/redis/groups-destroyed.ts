import { streamedTypes } from '../../../installation/streamed-types.js'
import { listConsumers } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

export const redisGroupsDestroyed: Scenario = {
  name: 'redis-groups-destroyed',
  faults: [30],
  compose: true,
  title: 'All consumer groups are destroyed while their consumers have work in hand.',
  observe:
    'Redis answers NOGROUP for a moment; then the groups are there again, and `sluice_stream_lag` jumps, because entries that were pending count as undelivered.',
  discuss:
    'A group could be created from the end of its stream ($) or from its beginning (0). Which of the two loses entries, and what makes the other one harmless?',
  recovery:
    'A consumer that is told NOGROUP creates the group from the beginning of the stream and reads again. What is delivered twice is handed over once, since the hand-off counts only with its acknowledgement, and is committed once, since the ledger knows the batch.',
  async run(trial) {
    const { redis, key } = trial
    await trial.startRoles({ parser: 2, indexer: 2, reader: 1 })
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    for (const [stream, group, stage] of [
      ['rows', 'indexers', 'indexer'],
      ['raw', 'parsers', 'parser'],
    ] as const) {
      // Until a group is caught with entries pending: they are what destroying it makes nobody's.
      const pending = await pollUntil(
        `entries are pending in ${group} when it is destroyed`,
        async () => {
          const before = await listConsumers(trial, stage)
          for (const logType of streamedTypes) await redis.xgroup('DESTROY', key(logType, stream), group)
          await pollUntil(`${group} are created again`, () => listConsumers(trial, stage))
          return before.reduce((sum, consumer) => sum + consumer.pending, 0)
        },
        { intervalMs: 30 + trial.random.below(50) },
      )
      trial.tell(`destroyed ${group}, which had ${pending} entries pending`)
    }
    return { oracle: await oracle }
  },
}
