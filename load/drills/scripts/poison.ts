import { typeKeys } from '../../../src/streams/keys.js'
import type { Drill } from '../drill.js'
import { startLoad } from '../stack.js'

const { raw } = typeKeys('sluice', 'firewall')

export const poison: Drill = {
  name: 'poison',
  title: 'Messages that nobody can open are put into a stream, and half of the lines are hostile.',
  watch: [
    {
      dashboard: 'sluice-data',
      panel: 'Entries that could not be opened',
      see: 'the strange messages, once',
    },
    { dashboard: 'sluice-overview', panel: 'Dead letters by reason', see: 'many reasons at once' },
    { dashboard: 'sluice-data', panel: 'Share by log type', see: 'climbs towards a half' },
    {
      dashboard: 'sluice-stages',
      panel: 'Lines parsed, by what became of them',
      see: 'rows go on beside dead letters: a bad line does not hold up its batch',
    },
    {
      dashboard: 'sluice-processes',
      panel: 'Time since start',
      see: 'goes on: no parser has died of it',
    },
  ],
  alert: { name: 'SluiceUnopenableEntries', firesWithinSeconds: 90 },
  holdSeconds: 60,
  questions: [
    'What is the difference between a dead letter and an entry that cannot be opened? Which of them is a line?',
    'Look at `docker compose run --rm sluice dead-letters list`: which group would you look at first, and why?',
    'The log type of half of the lines has changed its format. What do you do, in which order, and what brings the lines back?',
    'A batch that kills its parser each time is poison, too. Who notices, after how many deaths, and what becomes of its lines?',
  ],
  async cause(stack) {
    await stack.redis('XADD', raw, '*', 'meta', 'not what a reader writes', 'body', 'nor this')
    await stack.redis('XADD', raw, '*', 'nothing', 'at all')
    await startLoad(stack, { GENERATOR_HOSTILE_PERCENT: '50' })
  },
  async recover(stack) {
    await startLoad(stack)
  },
}
