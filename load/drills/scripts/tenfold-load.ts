import type { Drill } from '../drill.js'
import { readLoad, startLoad } from '../stack.js'

export const tenfoldLoad: Drill = {
  name: 'tenfold-load',
  title: 'Ten times as many lines are written, for two minutes.',
  watch: [
    {
      dashboard: 'sluice-overview',
      panel: 'Lines a second, stage by stage',
      see: 'all three climb together: every stage keeps up',
    },
    { dashboard: 'sluice-overview', panel: 'Read to commit', see: 'stays below the objective of 30 seconds' },
    {
      dashboard: 'sluice-stages',
      panel: 'Size of batches',
      see: 'grows: more lines share each transaction, so that ten times the lines cost less than ten times the work',
    },
    { dashboard: 'sluice-processes', panel: 'Processor', see: 'who would be the first to have enough?' },
    { dashboard: 'sluice-servers', panel: 'Transactions', see: 'climbs by less than ten times' },
  ],
  holdSeconds: 120,
  questions: [
    'Where does the next tenfold end: reader, parser, indexer, PostgreSQL, disk? Which panel would tell?',
    'When is another parser of use, when another indexer, and when neither?',
    'No alert fired. At what load should one, and which: late data, a growing backlog, or a busy processor?',
    'What does the reader do when PostgreSQL takes less than is written, for an hour? For a week?',
  ],
  async cause(stack) {
    const linesPerSecond = 10 * (await readLoad(stack))
    await startLoad(stack, { GENERATOR_LINES_PER_SECOND: String(linesPerSecond) })
  },
  async recover(stack) {
    await startLoad(stack)
  },
}
