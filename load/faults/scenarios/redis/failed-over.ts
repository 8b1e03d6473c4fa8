import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startKeeper } from '../../../services/keeper.js'
import { startRedisServer } from '../../../services/redis-server.js'
import { countUndelivered, waitForPendingAndStop } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import { startTcpProxy } from '../../../test/tcp-proxy.js'
import { expectPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'

export const redisFailedOver: Scenario = {
  name: 'redis-failed-over',
  faults: [24],
  title:
    'Redis fails over to a replica that lacks what the primary acknowledged last; the old primary is read only.',
  observe:
    'For a moment "Redis cannot be used", and `redis-cli info errorstats` of the old primary counts READONLY; then the connections lead to the new one. `sluice_reader_batches_republished_total` and `sluice_indexer_batches_total{outcome="duplicate"}` rise: work that was lost, and work whose acknowledgement was lost.',
  discuss:
    'Replication of Redis is asynchronous. What would WAIT have changed, at which price, and would it have made the ledger superfluous?',
  recovery:
    'A client that is told READONLY connects again, and so arrives at the new primary. Batches that the replica never got are in no stream and are published again; entries that it still has although they were committed are duplicates to the ledger.',
  ownServers: {},
  async run(trial) {
    const first = await startFirstPrimary(trial)
    try {
      const proxy = await startTcpProxy(first.url)
      const roles = await trial.startRoles(
        { parser: 1, indexer: 1, reader: 1 },
        { REDIS_URL: proxy.url, SLUICE_REDIS_COMMAND_TIMEOUT_MS: '1000' },
      )
      const replica = trial.redis
      const { host, port, password } = serverOf(first.url)
      await replica.config('SET', 'masterauth', password)
      await replica.replicaof(host, port)
      await pollUntil('the replica follows', async () =>
        /link_status:up/.test(await replica.info('replication')),
      )
      // Slower than it could be: what the replica does not get is still to come when it is cut off.
      const oracle = trial.keepWriting({ linesPerSecond: 4000 })
      await trial.waitForLines(500 + trial.random.below(2000), { intervalMs: 20 })

      await replica.replicaof('NO', 'ONE')
      const indexers = roles.filter(({ role }) => role === 'indexer')
      // Of the primary: the replica stands still from now on.
      const onPrimary = { ...trial, redis: first.client }
      const indexer = await waitForPendingAndStop(onPrimary, 'indexer', indexers)
      // What the stopped indexer was not given and the replica does not have, only the primary has.
      const replicated = await replica.xlen(trial.key('firewall', 'rows'))
      const onlyThere = await pollUntil('the primary has batches that the replica never got', async () => {
        const waiting = (await countUndelivered(onPrimary, 'indexer', 'firewall')) - replicated
        return waiting >= 3 ? waiting : undefined
      })
      trial.tell(`${onlyThere} firewall batches are on the primary only`)

      const second = serverOf(trial.services.redisUrl)
      await first.client.config('SET', 'masterauth', second.password)
      proxy.redirect(trial.services.redisUrl)
      await first.client.replicaof(second.host, second.port)
      trial.tell('the replica is the primary now, and the primary a replica')
      const [refused] = await pollUntil('somebody is told that it talks to a replica', async () =>
        /errorstat_(READONLY|UNBLOCKED):count=\d+/.exec(await first.client.info('errorstats')),
      )
      trial.tell(`the old primary refused writes: ${refused}`)
      indexer.process.kill('SIGCONT')
      return { oracle: await oracle, check: () => expectPublishedAgain(trial) }
    } finally {
      await first.stop()
    }
  },
}

/** The server that fails over to the one of this trial, which is looked into in the end. */
async function startFirstPrimary({ services }: Trial) {
  const directory = join(services.directory, 'first-redis')
  await mkdir(directory)
  const keeper = startKeeper()
  const { password } = serverOf(services.redisUrl)
  const { url, stop } = await startRedisServer({ directory, keeper, password })
  const client = new Redis(url, { protocol: 2 })
  return {
    url,
    client,
    async stop() {
      client.disconnect()
      await stop()
      keeper.end()
    },
  }
}

function serverOf(redisUrl: string): { host: string; port: number; password: string } {
  const { hostname, port, password } = new URL(redisUrl)
  return { host: hostname, port: Number(port), password: decodeURIComponent(password) }
}
