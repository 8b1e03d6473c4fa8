import { parse } from 'yaml'
import { z } from 'zod'
import type { Drill } from '../drill.js'
import type { Stack } from '../stack.js'

/** Less than Redis needs for itself: it is full whatever is drained from it. */
const fullBytes = 1 << 20

export const fillRedis: Drill = {
  name: 'fill-redis',
  title: 'Redis is full: its limit is set below what it uses.',
  watch: [
    { dashboard: 'sluice-servers', panel: 'Memory', see: 'used is above the limit' },
    { dashboard: 'sluice-stages', panel: 'Held back', see: 'the reader pauses, because of redis_memory' },
    {
      dashboard: 'sluice-overview',
      panel: 'Batches waiting',
      see: 'falls to 0: hand-offs and acknowledgements need no room',
    },
    { dashboard: 'sluice-stages', panel: 'Unread bytes', see: 'climbs as the files grow' },
  ],
  alert: { name: 'SluiceRedisMemoryHigh', firesWithinSeconds: 480, clearsWithinSeconds: 90 },
  holdSeconds: 60,
  questions: [
    'The reader pauses at 60 % of the limit. What are the other 40 % for?',
    'Why `noeviction`? What would `allkeys-lru` do to a stream, and would `sluice reconcile` notice?',
    'Nothing was on its way after a few seconds, and the alert took minutes. Is that too late, or early enough?',
    'SluiceRedisUnreachable fires as well, although Redis answers. What did the reader try, and which alert says more?',
    'Somebody else has filled this Redis. What do you do at 3 a.m., and what in the morning?',
  ],
  async cause(stack) {
    await stack.redis('CONFIG', 'SET', 'maxmemory', String(fullBytes))
  },
  async recover(stack) {
    await stack.redis('CONFIG', 'SET', 'maxmemory', await readConfiguredLimit(stack))
  },
}

const configured = z.object({ services: z.object({ redis: z.object({ command: z.array(z.string()) }) }) })

/** From docker-compose.yml and .env, and not from Redis: that may be what an earlier drill left. */
async function readConfiguredLimit(stack: Stack): Promise<string> {
  const { command } = configured.parse(parse(await stack.ask(['config']))).services.redis
  const option = command.indexOf('--maxmemory')
  const limit = option === -1 ? undefined : command[option + 1]
  if (limit === undefined) throw new Error(`expected --maxmemory in the command of redis, got ${command}`)
  return limit
}
