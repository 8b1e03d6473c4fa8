import { pollUntil } from '../../../test/poll-until.js'
import { startTcpProxy } from '../../../test/tcp-proxy.js'
import type { Scenario } from '../../scenario.js'

export const redisResetWhilePublishing: Scenario = {
  name: 'redis-reset-while-publishing',
  faults: [29],
  title:
    'The connection is reset in the middle of a large command: once before Redis has all of it, once when only the answer is missing.',
  observe:
    'The reader goes on over a new connection, within a fraction of a second, as a rule without a word: `sluice_outages_total` may stay at 0.',
  discuss:
    'The reader cannot tell the two cases apart. Which mistake does each of "send it again" and "do not send it again" make with a plain XADD?',
  recovery:
    'Half a command is none: Redis forgets it with the connection. The client sends again what has no answer, and the publishing script adds a batch only if it is not in a stream already. One that has been through all of the streams by then is added again, and is a duplicate to the ledger.',
  async run(trial) {
    const proxy = await startTcpProxy(trial.services.redisUrl)
    await trial.startRoles({ parser: 1, indexer: 1 })
    await trial.startRoles({ reader: 1 }, { REDIS_URL: proxy.url, SLUICE_REDIS_COMMAND_TIMEOUT_MS: '2000' })
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    for (let times = 0; times < 8; times++) {
      const percent = times % 2 === 0 ? 20 + trial.random.below(60) : 100
      const before = proxy.connections
      // So large is only what carries a batch.
      await proxy.resetWithin(6000, percent)
      await pollUntil('the reader connects again', () => proxy.connections > before)
      trial.tell(`reset when Redis had ${percent} % of what the reader wrote`)
    }
    return { oracle: await oracle }
  },
}
