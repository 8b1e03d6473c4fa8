import { readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

export const redisDiskFull: Scenario = {
  name: 'redis-disk-full',
  faults: [26],
  title: 'The disk of Redis is full: it cannot write its append-only file and refuses all writes (MISCONF).',
  observe:
    'Every stage logs "Redis cannot be used" with "MISCONF Errors writing to the AOF file: No space left on device"; `sluice_outage_active{service="redis"}` is 1 although Redis answers PING. `redis-cli info persistence` has aof_last_write_status:err.',
  discuss:
    'Redis could go on in memory and say nothing. Sluice does not need what Redis keeps on disk: is refusing right all the same?',
  recovery:
    'MISCONF is waited out like any other refusal, with the work in hand and without counting it against the data. Make room, and Redis takes writes again; nobody restarts anything.',
  ownServers: {},
  async run(trial) {
    const { redis, services } = trial
    const roles = await trial.startRoles({ parser: 1, indexer: 1, reader: 1 })
    const oracle = trial.keepWriting({ linesPerSecond: 6000 })
    await trial.waitForLines(500 + trial.random.below(3000), { intervalMs: 20 })
    // The file that Redis writes to after the next rewrite is a device on which no space is ever left.
    const directory = join(services.directory, 'redis', 'appendonlydir')
    const [current] = (await readdir(directory)).filter((file) => file.endsWith('.incr.aof'))
    const next = join(directory, nextFile(current))
    await symlink('/dev/full', next)
    await redis.bgrewriteaof()
    for (const role of roles) {
      const [line] = await role.waitForLine(/MISCONF[^"]*/)
      trial.tell(`${role.what.slice(0, 24)}: ${line}`)
    }
    await rm(next)
    await pollUntil('Redis writes to a file on the disk again', async () => {
      await redis.bgrewriteaof().catch(() => undefined)
      return /aof_last_write_status:ok/.test(await redis.info('persistence'))
    })
    trial.tell('there is room again')
    return { oracle: await oracle }
  },
}

/** `appendonly.aof.1.incr.aof` is followed by `appendonly.aof.2.incr.aof`. */
function nextFile(current: string | undefined): string {
  const [, number] = /\.(\d+)\.incr\.aof$/.exec(current ?? '') ?? []
  if (current === undefined || number === undefined) throw new Error('Redis has no append-only file')
  return current.replace(`.${number}.incr`, `.${Number(number) + 1}.incr`)
}
