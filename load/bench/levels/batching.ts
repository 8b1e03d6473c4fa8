import { createNaiveTable, NAIVE_SCHEMA } from '../../naive/table.js'
import type { Level } from './level.js'
import { plainJson } from './message-format.js'

/**
 * The naive pipeline, a thousand lines at a time: one element of the list, one INSERT of many rows (arrays through
 * unnest) and one COMMIT for a batch. The table is still the naive one.
 */
export const batching: Level = {
  name: 'batching',
  title: 'batching',
  format: plainJson,
  processors: 1,
  createTables: createNaiveTable,
  async store(client, rows) {
    await client.query({
      name: 'insert documents',
      text: `INSERT INTO ${NAIVE_SCHEMA}.logs (log_type, raw_line, timestamp, source_file, parsed_data)
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
      values: [
        rows.map((row) => row.logType),
        rows.map((row) => row.rawLine),
        rows.map((row) => row.timestamp),
        rows.map((row) => row.sourceFile),
        rows.map((row) => JSON.stringify(row.parsed)),
      ],
    })
  },
}
