import { rememberDatabase } from '../../../test/set-back.js'
import type { Scenario } from '../../scenario.js'

export const postgresSetBack: Scenario = {
  name: 'postgres-set-back',
  faults: [32],
  title: 'PostgreSQL is restored from a backup, under running roles; everything since the backup is missing.',
  observe:
    'Right after the restore `sluice reconcile` balances, with the lines of the time of the backup: the ledger was set back together with the tables. Then the reader notices that its sources are recorded less far than it had read, and the number of lines rises to what it was. `sluice_indexer_batches_total{outcome="stale"}` counts what was on its way then, of chunks that the restored ledger does not know. Operators restore the whole database (never single tables: the ledger and the rows belong together), keep the log files until `sluice reconcile` shows the sources complete again, and start whatever they had stopped. No command is needed.',
  discuss:
    'For how long do files have to be kept, compared with the age of the oldest backup that one would restore? What happens to the lines of a file that is deleted by then?',
  recovery:
    'What is true is in PostgreSQL only, so a restored database is consistent by itself. The reader compares its position with the ledger at every sweep, goes back to where the ledger ends, and reads, records and publishes from there. Chunks have the same ids and batches the same hashes as before.',
  quick: true,
  async run(trial) {
    const { services, databaseUrl } = trial
    await trial.startRoles({ parser: 1, indexer: 1, reader: 1 })
    const written = trial.keepWriting({ lines: 20_000, linesPerSecond: 5000 })
    await trial.waitForLines(1000 + trial.random.below(5000), { intervalMs: 20 })
    const restore = await rememberDatabase(services.databaseUrl, databaseUrl)
    trial.tell('a backup is made')
    const oracle = await written
    await trial.waitForLines(oracle.totals.lines)
    await restore()
    const lines = await trial.committedLines()
    trial.tell(`the backup is restored: ${lines} of ${oracle.totals.lines} lines are left`)
    if (lines >= oracle.totals.lines) throw new Error('the restored database lacks nothing')
    return { oracle }
  },
}
