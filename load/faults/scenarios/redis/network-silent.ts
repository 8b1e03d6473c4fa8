import { pollUntil } from '../../../test/poll-until.js'
import { startTcpProxy } from '../../../test/tcp-proxy.js'
import type { Scenario } from '../../scenario.js'

export const redisNetworkSilent: Scenario = {
  name: 'redis-network-silent',
  faults: [28],
  title: 'The network to Redis swallows everything, and every connection looks open all the same.',
  observe:
    'Nothing is refused and nothing is closed; throughput is 0. After redis.commandTimeoutMs each stage logs "Redis cannot be used", and goes on over new connections.',
  discuss:
    'Without a time limit of its own, for how long would the operating system believe in such a connection? Why is a longer limit right for the connection that waits for new entries?',
  recovery:
    'Every command has a time limit, and so has a connection on which nothing comes back; a read that waits is thrown away with its connection. Entries that were delivered into the silence are pending under the name of a consumer that never saw them: after a failed read it first looks for its own.',
  async run(trial) {
    const proxy = await startTcpProxy(trial.services.redisUrl)
    const roles = await trial.startRoles(
      { parser: 1, indexer: 1, reader: 1 },
      { REDIS_URL: proxy.url, SLUICE_REDIS_COMMAND_TIMEOUT_MS: '800' },
    )
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(10_000), { intervalMs: 20 })
    const before = proxy.connections
    proxy.silence()
    trial.tell(`the network is silent; ${before} connections stay open`)
    for (const role of roles) await role.waitForLine(/Redis cannot be used/)
    const fresh = await pollUntil(
      'every process has connected again',
      () => proxy.connections >= before + roles.length && proxy.connections - before,
    )
    trial.tell(`all of them noticed; ${fresh} new connections`)
    return { oracle: await oracle }
  },
}
