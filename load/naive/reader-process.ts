import { pushLines } from './reader.js'

// The reader is a process of its own, as in the naive design; it tells its parent how much there will be to process.
const [limit = '0', ...paths] = process.argv.slice(2)
const redisUrl = process.env.REDIS_URL
if (redisUrl === undefined) throw new Error('REDIS_URL: expected the address of a Redis server, got nothing.')
const pushed = await pushLines(redisUrl, paths, Number(limit))
process.send?.(pushed)
process.disconnect?.()
