import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'

/** After so many a batch is poison to a parser. */
const maxDeliveries = 2

export const postgresDownForLong: Scenario = {
  name: 'postgres-down-for-long',
  faults: [39],
  title:
    'PostgreSQL is away for long, and one indexer after the other is killed meanwhile: the same batches are delivered again and again.',
  observe:
    '`sluice_outage_active{stage="indexer",service="postgres"}` is 1 and `sluice_claims_total{stage="indexer"}` rises; `redis-cli XPENDING` shows growing delivery counts. The dead letters do not grow.',
  discuss:
    'A delivery count says how often a batch was begun and not finished. When does that speak against the batch, and when against something else?',
  recovery:
    'Waiting raises no delivery count, be it for seconds or for thirty minutes: an indexer keeps what it holds fresh, and tries again every five seconds or so. Only the death of indexers raises it, here once a second because the idle time is short, in production once a minute at most. And the count makes a batch poison for parsers only, which need no PostgreSQL; an indexer sets nothing aside for it.',
  ownServers: {},
  async run(trial) {
    const { postgres } = trial.services
    const roles = await trial.startRoles(
      { parser: 1, indexer: maxDeliveries + 2, reader: 1 },
      {
        SLUICE_PARSER_MAX_DELIVERIES: String(maxDeliveries),
        SLUICE_INDEXER_MIN_IDLE_MS: '1000',
        SLUICE_INDEXER_CLAIM_EVERY_MS: '100',
        SLUICE_POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS: '1000',
      },
    )
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(500 + trial.random.below(2000), { intervalMs: 20 })
    await postgres.stop('immediate')
    trial.tell('PostgreSQL is gone')
    for (let deliveries = 1; deliveries <= maxDeliveries + 1; deliveries++) {
      const { consumer } = await pollUntil(
        `a batch was delivered ${deliveries} times`,
        async () => (await findMostDelivered(trial)).find((entry) => entry.deliveries >= deliveries),
        { timeoutMs: 30_000 },
      )
      const holder = roles.find((one) => one.isConsumer(consumer))
      await holder?.kill()
      trial.tell(`killed the indexer that had a batch which was delivered ${deliveries} times`)
    }
    await postgres.start()
    return { oracle: await oracle, check: () => expectNothingBlamed(trial) }
  },
}

/** Pending entries of firewall rows, those first that were delivered most often. */
async function findMostDelivered({
  redis,
  key,
}: Trial): Promise<Array<{ consumer: string; deliveries: number }>> {
  const pending = await redis.xpending(key('firewall', 'rows'), 'indexers', '-', '+', 1000)
  return (pending as Array<[id: string, consumer: string, idleMs: number, deliveries: number]>)
    .map(([, consumer, , deliveries]) => ({ consumer, deliveries }))
    .sort((a, b) => b.deliveries - a.deliveries)
}

async function expectNothingBlamed(trial: Trial): Promise<void> {
  const blamed = await trial.query(
    `SELECT FROM sluice.dead_letters WHERE reason IN ('poison_batch', 'refused_by_postgres')`,
  )
  const setAside = await trial.redis.xlen(trial.key('firewall', 'dead'))
  if (blamed.length + setAside > 0) {
    throw new Error(`${blamed.length} lines and ${setAside} entries are blamed for the outage`)
  }
}
