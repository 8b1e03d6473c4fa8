import { consumersOf, listConsumers } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import { waitForFailpoint } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserStoppedPastMinIdle: Scenario = {
  name: 'parser-stopped-past-min-idle',
  faults: [10],
  title:
    'A parser is stopped (SIGSTOP) before a hand-off; another parses the batch and hands it over; the first wakes up.',
  observe:
    'After the first parser is continued, `sluice_parser_handoffs_lost_total` rises there. `sluice_indexer_batches_total{outcome="duplicate"}` does not rise: the batch never was in the rows stream twice.',
  discuss:
    'The woken parser believes that the batch is its own. Who decides that it is not, and at which moment? What if acknowledging and adding were two commands?',
  recovery:
    'The hand-off is one script in Redis: only if the raw entry can still be acknowledged are the rows added. The second hand-off finds the entry gone, and its result is dropped.',
  async run(trial) {
    const written = trial.keepWriting()
    const zombie = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-parsed=stop@${3 + trial.random.below(10)}`,
    })
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForFailpoint(trial, zombie, 'parser.batch-parsed')
    const { redis, key } = trial
    const held: Array<{ stream: string; id: string }> = []
    for (const { logType, name } of consumersOf(await listConsumers(trial, 'parser'), zombie)) {
      const stream = key(logType, 'raw')
      const pending = (await redis.xpending(stream, 'parsers', '-', '+', 100, name)) as [string][]
      held.push(...pending.map(([id]) => ({ stream, id })))
    }
    if (held.length === 0) throw new Error('the stopped parser holds nothing')
    await trial.startRole('parser')
    await pollUntil('another parser has handed over all that the first one holds', async () => {
      const left = await Promise.all(held.map(({ stream, id }) => redis.xrange(stream, id, id)))
      return left.every((entries) => entries.length === 0)
    })
    trial.tell(`another parser has handed over ${held.length} batches; the first is continued`)
    zombie.process.kill('SIGCONT')
    await waitForMetric(zombie, 'sluice_parser_handoffs_lost_total')
    return { oracle: await written }
  },
}
