import { readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { waitForPendingAndStop } from '../../../test/pending-work.js'
import { pollUntil } from '../../../test/poll-until.js'
import { expectPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'

export const redisFileTruncated: Scenario = {
  name: 'redis-file-truncated',
  faults: [25],
  title: 'The machine of Redis loses power: its append-only file ends in the middle of an entry.',
  observe:
    "Redis's own log says how many bytes it cut off when it loaded the file. `sluice_reader_batches_republished_total` rises after the restart.",
  discuss:
    'Redis acknowledged every one of the writes that are gone. What must a system never do with such an acknowledgement?',
  recovery:
    'Redis loads what is whole (aof-load-truncated yes). Which batches are in a stream is registered in Redis, next to the streams and in the same file, and a name in it counts only if its entry exists: what was cut off is missing there, too, and is published again. An acknowledgement that was cut off costs a duplicate, which the ledger drops.',
  ownServers: {},
  async run(trial) {
    const { redis } = trial.services
    const roles = await trial.startRoles(
      { parser: 1, indexer: 1, reader: 1 },
      { SLUICE_REDIS_COMMAND_TIMEOUT_MS: '1000' },
    )
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(1000, { intervalMs: 20 })
    const indexers = roles.filter(({ role }) => role === 'indexer')
    const indexer = await waitForPendingAndStop(trial, 'indexer', indexers)
    await pollUntil('the streams hold something to lose', async () => {
      return (await trial.redis.xlen(trial.key('firewall', 'rows'))) > 15
    })
    await redis.kill()
    const directory = join(trial.services.directory, 'redis', 'appendonlydir')
    const name = (await readdir(directory)).find((file) => file.endsWith('.incr.aof'))
    if (name === undefined) throw new Error(`there is no append-only file in ${directory}`)
    const { size } = await stat(join(directory, name))
    const lost = Math.floor(size * (0.3 + trial.random.below(30) / 100)) + 1
    await truncate(join(directory, name), size - lost)
    trial.tell(`cut ${lost} of ${size} bytes off ${name}`)
    await redis.start()
    indexer.process.kill('SIGCONT')
    const log = await readFile(join(trial.services.directory, 'redis.log'), 'utf8')
    const said = /^.*Truncat.*AOF.*$/im.exec(log)?.[0]
    if (said === undefined) throw new Error('Redis did not notice that its file was cut')
    trial.tell(`Redis says: ${said}`)
    return { oracle: await oracle, check: () => expectPublishedAgain(trial) }
  },
}
