import { waitForPendingAndStop } from '../../../test/pending-work.js'
import type { Scenario } from '../../scenario.js'

export const redisKilled: Scenario = {
  name: 'redis-killed',
  faults: [21],
  compose: true,
  title: 'Redis is killed with kill -9 under load and started again a little later.',
  observe:
    'Every stage logs "Redis cannot be used; waiting for it." and `sluice_outage_active{service="redis"}` is 1; the processes stay up and /healthz stays good. The dead letters do not grow.',
  discuss:
    'Redis runs with `appendfsync everysec`. Which second is lost, and why would `always` buy nothing here?',
  recovery:
    'Whatever Redis answers with an error is waited out with growing pauses. What its append-only file kept goes on from there; what it lost is in no stream and not in the ledger, and the reader publishes it again from the file.',
  ownServers: {},
  async run(trial) {
    const roles = await trial.startRoles(
      { parser: 1, indexer: 1, reader: 1 },
      { SLUICE_REDIS_COMMAND_TIMEOUT_MS: '1000' },
    )
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    const indexer = await waitForPendingAndStop(
      trial,
      'indexer',
      roles.filter(({ role }) => role === 'indexer'),
    )
    await trial.services.redis.kill()
    trial.tell('Redis is dead, and the indexer had entries in hand')
    indexer.process.kill('SIGCONT')
    for (const role of roles) await role.waitForLine(/Redis cannot be used/)
    await trial.services.redis.start()
    trial.tell('Redis is back')
    return { oracle: await oracle }
  },
}
