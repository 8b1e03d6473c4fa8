import { deepEqual, ok } from 'node:assert/strict'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, knownDeadLetter } from './known-lines.js'

/** Each among a few hundred good rows of the same batch. */
const refusedRows = 3

export const refusedRow: Scenario = {
  name: 'data-row-refused-by-postgres',
  faults: [61],
  title:
    'PostgreSQL refuses a row in the middle of a batch, since somebody has added a constraint to the table.',
  observe:
    'The log of the indexer says "PostgreSQL refused a value; the row is being searched for" and then which line it is. `sluice_indexer_transactions_total{outcome="bisected"}` rises, and `sluice_indexer_dead_letters_total` with `reason="refused_by_postgres"` by the refused rows alone. `sluice dead-letters list --reason refused_by_postgres` shows them with what PostgreSQL said.',
  discuss:
    'One bad row fails a COPY of thousands. Compare setting the whole batch aside, inserting row by row, and halving: what does each cost with one bad row, and with all of them bad?',
  recovery:
    'An error of the data (SQLSTATE 22, 23, 54) is not waited out. The transaction is tried again batch by batch, and the batch at fault is halved until the refused rows are found. They become dead letters, with their bytes, in the transaction that commits all the others.',
  quick: true,
  async run(trial) {
    const lines = drawLines(trial.seed, 4000)
    const ports = lines.flatMap(({ expected }, n) =>
      'values' in expected && expected.values.src_port ? [n] : [],
    )
    const poison = new Set<number>()
    while (poison.size < refusedRows) poison.add(trial.random.pick(ports))
    const refused: number[] = []
    for (const n of poison) {
      // A port that the log type allows, and the constraint does not.
      const line = lines[n]!.line.toString().replace(/src_port=\d+|port \d+ ssh2/, 'src_port=1')
      refused.push(n)
      lines[n] = knownDeadLetter(line, 'firewall', 'refused_by_postgres')
    }
    await trial.query('ALTER TABLE firewall_logs ADD CONSTRAINT no_low_ports CHECK (src_port > 1)')
    await trial.startRoles({ reader: 1, parser: 1 })
    const indexer = await trial.startRole('indexer')
    await trial.writeLog('a.log', contentOf(lines))
    await pollUntil(
      'PostgreSQL has refused all of them',
      async () =>
        (await readMetric(indexer, 'sluice_indexer_dead_letters_total', {
          reason: 'refused_by_postgres',
        })) === refusedRows,
      { timeoutMs: 30_000 },
    )
    trial.tell(`PostgreSQL refused lines ${refused.join(', ')}`)
    return expectContents(trial, [{ name: 'a.log', lines }], async () => {
      ok((await readMetric(indexer, 'sluice_indexer_transactions_total', { outcome: 'bisected' })) > 0)
      const details = await trial.query<{ detail: string }>('SELECT detail FROM sluice.dead_letters')
      for (const { detail } of details) ok(/^23514 .*no_low_ports/.test(detail), detail)
      deepEqual(details.length, refusedRows)
    })
  },
}
