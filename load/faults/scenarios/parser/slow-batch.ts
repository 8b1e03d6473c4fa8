import { pollUntil } from '../../../test/poll-until.js'
import { waitForFailpoint } from '../../failpoint-reached.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const parserSlowBatch: Scenario = {
  name: 'parser-slow-batch',
  faults: [12],
  title: 'The only parser takes longer for a batch than parser.minIdleMs, again and again.',
  observe:
    '`sluice status` shows the consumer idle for longer than parser.minIdleMs, and still `sluice_claims_total{stage="parser"}` stays 0. `XPENDING` gives every entry one delivery.',
  discuss:
    'Redis would give a consumer its own idle entries as readily as those of a dead one. What would happen to a slow but honest batch that is counted as delivered once more each time?',
  recovery:
    'A parser looks for batches to take over only when it has nothing in hand; and while its thread is free, it sets the idle time of what it has in hand back. So being slow neither doubles the work nor makes a batch look like poison.',
  async run(trial) {
    const { redis, key } = trial
    const written = trial.keepWriting()
    const first = 2 + trial.random.below(3)
    const parser = await trial.startRole('parser', [], {
      SLUICE_LIFECYCLE_FAILPOINTS: [0, 3, 6]
        .map((more) => `parser.batch-parsing=block:1600@${first + more}`)
        .join(','),
      // A second delivery of any batch would set its lines aside.
      SLUICE_PARSER_MAX_DELIVERIES: '1',
    })
    await trial.startRoles({ indexer: 1, reader: 1 })
    await waitForFailpoint(trial, parser, 'parser.batch-parsing')
    await pollUntil('what it holds is idle for long enough to be taken over', async () => {
      for (const logType of ['firewall', 'dns', 'auth']) {
        const idle = await redis.xpending(key(logType, 'raw'), 'parsers', 'IDLE', 1000, '-', '+', 1)
        if (idle.length > 0) return true
      }
      return false
    })
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    const hung = parser.stderrLines().filter((line) => line.includes('"failpoint":"parser.batch-parsing"'))
    if (hung.length !== 3) throw new Error(`the parser was to hang 3 times, not ${hung.length} times`)
    const claims = await readMetric(parser, 'sluice_claims_total', { stage: 'parser' })
    const lost = await readMetric(parser, 'sluice_parser_handoffs_lost_total')
    if (claims + lost > 0) throw new Error(`${claims} batches taken over, ${lost} hand-offs lost`)
    return { oracle }
  },
}
