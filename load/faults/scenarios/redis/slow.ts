import { startTcpProxy } from '../../../test/tcp-proxy.js'
import type { Scenario } from '../../scenario.js'

export const redisSlow: Scenario = {
  name: 'redis-slow',
  faults: [27],
  title:
    'Redis is far away (20 ms each way) and now and then answers nothing for longer than a command may take.',
  observe:
    '`sluice_stage_duration_seconds{step="publish"}` and `{step="hand_off"}` grow by the delay. During each standstill "Redis cannot be used" with the reason "Command timed out", and `sluice_outages_total{service="redis"}` rises.',
  discuss:
    'A command that timed out may have been carried out. For which commands does that matter, and what would a blind repetition of XADD do?',
  recovery:
    'A command without an answer fails after redis.commandTimeoutMs, and its connection is replaced. Publishing, hand-off and acknowledgement are scripts that find out whether they have been carried out before, so all of them are simply repeated.',
  ownServers: { redis: { 'enable-debug-command': 'local' } },
  async run(trial) {
    const proxy = await startTcpProxy(trial.services.redisUrl)
    proxy.delay(20)
    const roles = await trial.startRoles(
      { parser: 1, indexer: 1, reader: 1 },
      { REDIS_URL: proxy.url, SLUICE_REDIS_COMMAND_TIMEOUT_MS: '600' },
    )
    const oracle = trial.keepWriting({ lines: 30_000, linesPerSecond: 6000 })
    let lines = 500
    for (let times = 1; times <= 3; times++) {
      lines += 500 + trial.random.below(3000)
      await trial.waitForLines(lines, { intervalMs: 20 })
      await trial.redis.call('DEBUG', 'SLEEP', '1.2')
      trial.tell(`Redis stood still for 1.2 s (${times} of 3)`)
    }
    const timedOut = roles.map((role) => role.stderrLines().filter((line) => /timed out/.test(line)).length)
    if (!timedOut.some((times) => times > 0)) throw new Error('no process noticed that Redis stood still')
    proxy.delay(0)
    return { oracle: await oracle }
  },
}
