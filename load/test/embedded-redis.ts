import { chmod } from 'node:fs/promises'
import { startKeeper } from '../services/keeper.js'
import { type RedisServer, startRedisServer } from '../services/redis-server.js'
import { temporaryDirectory } from './temporary-directory.js'

export type EmbeddedRedis = RedisServer

/** A Redis of one's own, to be filled, emptied or killed. Ended by whoever starts it, or with the test run. */
export async function startEmbeddedRedis(settings: Record<string, string> = {}): Promise<EmbeddedRedis> {
  const directory = await temporaryDirectory()
  await chmod(directory, 0o711)
  const keeper = startKeeper()
  const server = await startRedisServer({ directory, keeper, password: 'of-this-test', settings })
  const stop = server.stop
  return Object.assign(server, {
    stop: async () => {
      await stop()
      keeper.end()
    },
  })
}
