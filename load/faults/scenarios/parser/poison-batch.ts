import { generateRecords } from '../../../generate/generate-records.js'
import { waitForDeathAt } from '../../failpoint-reached.js'
import type { Scenario } from '../../scenario.js'

const poisonLines = 20
const otherLines = 20_000
const maxDeliveries = 3

export const parserPoisonBatch: Scenario = {
  name: 'parser-poison-batch',
  faults: [13],
  compose: true,
  title: 'One batch kills every parser that parses it.',
  observe:
    'Parsers die one after the other. `XPENDING sluice:{auth}:raw parsers - + 10` shows the number of deliveries of one entry rise. Then the log says that a batch was delivered too often, `sluice_parser_poison_batches_total` rises, and `sluice dead-letters list` shows its lines with the reason poison_batch.',
  discuss:
    'How often should a batch be tried before it is given up? Which innocent batches are delivered again with it, and what keeps them from being given up, too?',
  recovery:
    'Redis counts deliveries. An entry that was delivered more than once comes alone, so that it takes nothing else along; one that was delivered more often than parser.maxDeliveries is not parsed any more: its lines are set aside as they are, each with its place in its file. When the parser is mended, they can be replayed.',
  quick: true,
  async run(trial) {
    const { seed } = trial
    const auth = generateRecords({ seed, lines: poisonLines, shares: { firewall: 0, dns: 0, auth: 1 } })
    const others = generateRecords({ seed, lines: otherLines, shares: { firewall: 60, dns: 40, auth: 0 } })
    const lines = [...auth, ...others].map(({ line }) => `${line.toString('latin1')}\n`)
    await trial.writeLog('app.log', lines.join(''))
    await trial.startRoles({ indexer: 1, reader: 1 })
    const env = {
      SLUICE_LIFECYCLE_FAILPOINTS: 'parser.batch-parsing[auth]=kill',
      SLUICE_PARSER_MAX_DELIVERIES: String(maxDeliveries),
      SLUICE_PARSER_MIN_IDLE_MS: '500',
    }
    for (let death = 1; death <= maxDeliveries; death++) {
      await waitForDeathAt(trial, await trial.startRole('parser', [], env), 'parser.batch-parsing')
    }
    await trial.startRole('parser', [], env)
    return {
      totals: { lines: poisonLines + otherLines, rows: otherLines, deadLettered: poisonLines },
      async check() {
        const dead = await trial.query<{ reason: string; log_type: string; lines: number }>(
          'SELECT log_type, reason, count(*)::int AS lines FROM sluice.dead_letters GROUP BY 1, 2',
        )
        const expected = [{ log_type: 'auth', reason: 'poison_batch', lines: poisonLines }]
        if (JSON.stringify(dead) !== JSON.stringify(expected)) {
          throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(dead)}`)
        }
      },
    }
  },
}
