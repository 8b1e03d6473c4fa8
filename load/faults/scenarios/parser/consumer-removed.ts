import { consumersOf, listConsumers } from '../../../test/pending-work.js'
import { waitForDeathAt } from '../../failpoint-reached.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserConsumerRemoved: Scenario = {
  name: 'parser-consumer-removed',
  faults: [8],
  title:
    'A parser is killed with work in hand, and an operator removes its name from the group (XGROUP DELCONSUMER).',
  observe:
    '`sluice status` shows entries in the raw streams and none of them pending. `sluice_orphans_removed_total{stage="parser"}` rises, then `sluice_reader_batches_republished_total`.',
  discuss:
    'XGROUP DELCONSUMER answers with the number of pending entries that it threw away. How would an operator have found out that lines were missing, and when?',
  recovery:
    'Without an owner nobody claims these entries. Whoever claims removes them from the stream; from then on their batches are in no stream and not in the ledger, so the reader publishes them again from the file. Nothing has to be removed by hand: idle names without work are forgotten after an hour.',
  async run(trial) {
    const { redis, key } = trial
    const written = trial.keepWriting()
    const doomed = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-parsing=kill@${3 + trial.random.below(10)}`,
    })
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForDeathAt(trial, doomed, 'parser.batch-parsing')
    let lost = 0
    for (const { logType, name } of consumersOf(await listConsumers(trial, 'parser'), doomed)) {
      lost += Number(await redis.xgroup('DELCONSUMER', key(logType, 'raw'), 'parsers', name))
    }
    if (lost === 0) throw new Error('the dead parser held nothing')
    trial.tell(`the dead parser's name was removed, with ${lost} entries that it held`)
    const parser = await trial.startRole('parser')
    return {
      oracle: await written,
      async check() {
        const removed = await readMetric(parser, 'sluice_orphans_removed_total', { stage: 'parser' })
        if (removed !== lost) throw new Error(`${lost} entries were orphaned, ${removed} removed`)
      },
    }
  },
}
