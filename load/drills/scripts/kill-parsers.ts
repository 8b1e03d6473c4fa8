import type { Drill } from '../drill.js'

export const killParsers: Drill = {
  name: 'kill-parsers',
  title: 'One parser dies and comes back; then all of them are killed for good.',
  watch: [
    { dashboard: 'sluice-processes', panel: 'Replicas by role', see: 'no parser is left' },
    {
      dashboard: 'sluice-overview',
      panel: 'Batches waiting',
      see: 'the lag of the parsers climbs, that of the indexers does not',
    },
    {
      dashboard: 'sluice-overview',
      panel: 'Lines a second, stage by stage',
      see: 'read goes on, parsed and committed end',
    },
    {
      dashboard: 'sluice-stages',
      panel: 'Held back',
      see: 'the reader pauses, once the streams hold what they may',
    },
    {
      dashboard: 'sluice-stages',
      panel: 'Batches claimed',
      see: 'after the recovery: what the dead ones had in hand',
    },
  ],
  alert: { name: 'SluiceRoleMissing', firesWithinSeconds: 240, clearsWithinSeconds: 90 },
  holdSeconds: 60,
  questions: [
    'The first death woke nobody. Should it have? Which alert is there for a parser that dies again and again?',
    'A parser died with batches in hand. Who takes them over, when, and why does no line become two rows?',
    'Nobody parses. What stops the reader from filling Redis, and what if it did not?',
    'With three parsers instead of one: what would be different when one is gone for good?',
  ],
  async cause(stack) {
    // As a fault of the program would end it; the engine starts it again. `docker kill` counts as a wish.
    await stack.compose(['exec', '-T', 'parser', 'sh', '-c', 'kill -9 $(cat /proc/1/task/1/children)'])
    await stack.compose(['kill', 'parser'])
  },
  async recover(stack) {
    await stack.compose(['up', '--detach', '--no-deps', '--no-recreate', 'parser'])
  },
}
