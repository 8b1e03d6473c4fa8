import { waitForFailpoint } from '../../failpoint-reached.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserBlockedPastMinIdle: Scenario = {
  name: 'parser-blocked-past-min-idle',
  faults: [11],
  title:
    'One line keeps the only thread of a parser busy for longer than parser.minIdleMs, beside a healthy parser.',
  observe:
    'While it hangs, the parser answers neither `/metrics` nor `/healthz`. `sluice_claims_total{stage="parser"}` of the other one rises, and afterwards `sluice_parser_handoffs_lost_total` of the first.',
  discuss:
    'From outside, a parser that computes and a parser that is dead look alike. What would a timeout on the work itself need, in a process with one thread?',
  recovery:
    'Nothing that runs on a blocked thread can help: not its timers, not its refreshing of what it holds. The other parser takes the batches over, and the hand-offs of the first are dropped when it wakes up.',
  async run(trial) {
    const written = trial.keepWriting()
    const blocked = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-parsing=block:5000@${2 + trial.random.below(6)}`,
    })
    // Beside it from the beginning: it might start too late otherwise.
    const other = await trial.startRole('parser')
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForFailpoint(trial, blocked, 'parser.batch-parsing')
    await waitForMetric(other, 'sluice_claims_total', { stage: 'parser' })
    trial.tell('the other parser has taken batches over')
    await waitForMetric(blocked, 'sluice_parser_handoffs_lost_total')
    return { oracle: await written }
  },
}
