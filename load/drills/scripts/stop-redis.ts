import type { Drill } from '../drill.js'

export const stopRedis: Drill = {
  name: 'stop-redis',
  title: 'Redis is stopped.',
  watch: [
    { dashboard: 'sluice-servers', panel: 'Waiting for a server', see: 'every stage waits for redis' },
    {
      dashboard: 'sluice-overview',
      panel: 'Lines read',
      see: 'falls to 0: what cannot be published is not read',
    },
    {
      dashboard: 'sluice-servers',
      panel: 'Entries in the streams',
      see: 'no data: unknown is not the same as none',
    },
    {
      dashboard: 'sluice-stages',
      panel: 'Unread bytes',
      see: 'climbs as the files grow: they are the queue now',
    },
    {
      dashboard: 'sluice-stages',
      panel: 'Batches published again',
      see: 'after the recovery: what the append-only file had lost, if anything',
    },
  ],
  alert: { name: 'SluiceRedisUnreachable', firesWithinSeconds: 180, clearsWithinSeconds: 420 },
  holdSeconds: 60,
  questions: [
    'How long may this last before a line is lost? Who decides that: Redis, Sluice, or whoever deletes log files?',
    'Every container stays healthy meanwhile (`docker compose ps`). Is that right? What would restarting them change?',
    'What if Redis comes back empty? How would Sluice notice, and what would it publish?',
    'No delivery is counted and nothing set aside during an outage. What would happen otherwise after an hour of it?',
  ],
  async cause(stack) {
    await stack.compose(['stop', 'redis'])
  },
  async recover(stack) {
    await stack.compose(['start', 'redis'])
  },
}
