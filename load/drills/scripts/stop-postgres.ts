import type { Drill } from '../drill.js'

export const stopPostgres: Drill = {
  name: 'stop-postgres',
  title: 'PostgreSQL crashes, and stays away for two minutes.',
  watch: [
    {
      dashboard: 'sluice-servers',
      panel: 'Waiting for a server',
      see: 'reader and indexer wait for postgres, parsers do not',
    },
    {
      dashboard: 'sluice-overview',
      panel: 'Oldest on its way',
      see: 'grows by a second a second',
    },
    {
      dashboard: 'sluice-overview',
      panel: 'Batches waiting',
      see: 'stands still: no chunk is recorded, so none is published',
    },
    { dashboard: 'sluice-stages', panel: 'Unread bytes', see: 'climbs as the files grow' },
    {
      dashboard: 'sluice-overview',
      panel: 'Read to commit',
      see: 'after the recovery: the batches that waited, as a peak',
    },
  ],
  alert: { name: 'SluicePostgresUnreachable', firesWithinSeconds: 180, clearsWithinSeconds: 420 },
  holdSeconds: 120,
  questions: [
    'A transaction was under way when it crashed. How does the indexer find out whether it was committed?',
    'Why does the reader not go on publishing to Redis, which is well? What does it need PostgreSQL for?',
    'Does any batch come nearer to being set aside by these two minutes? By thirty?',
    'PostgreSQL comes back from a backup of last night instead. What is missing then, and who fills it in?',
  ],
  async cause(stack) {
    await stack.compose(['kill', 'postgres'])
  },
  async recover(stack) {
    await stack.compose(['start', 'postgres'])
  },
}
