import { waitForFailpoint } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const readerStoppedAndContinued: Scenario = {
  name: 'reader-stopped-and-continued',
  faults: [4],
  title: 'A reader is stopped with a chunk in hand, another reads everything, and the first wakes up.',
  observe:
    'When the first reader is continued, `sluice_reader_source_conflicts_total` rises there, and its log says that another reader was first. The number of lines in `sluice reconcile` does not move.',
  discuss:
    'A process cannot know that it was stopped. Which check has to be made at the moment of writing, and why would a lease with a time limit not be enough?',
  recovery:
    'Recording a chunk succeeds only if it begins where the last recorded chunk of its source ends, in one statement. The late reader is refused, asks the ledger where the source stands, and reads on from there.',
  async run(trial) {
    const written = trial.keepWriting({ lines: 30_000 })
    const zombie = await trial.startRole('reader', [trial.logs], {
      SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-cut=stop@${3 + trial.random.below(15)}`,
    })
    await trial.startRoles({ parser: 1, indexer: 1 })
    await waitForFailpoint(trial, zombie, 'reader.chunk-cut')
    await trial.startRoles({ reader: 1 })
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    trial.tell('another reader has read everything; the first is continued')
    zombie.process.kill('SIGCONT')
    await waitForMetric(zombie, 'sluice_reader_source_conflicts_total')
    return { oracle }
  },
}
