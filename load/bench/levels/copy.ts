import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { encodeTextRow } from '../copy-limit/encode-rows.js'
import { EXERCISE_TABLES } from '../exercise-tables.js'
import { concurrency } from './concurrency.js'
import type { Level } from './level.js'
import { tablesOf } from './typed.js'

/** Three processes, and text COPY instead of INSERT: as far as one gets without another design. */
export const copy: Level = {
  ...concurrency,
  name: 'copy',
  title: '+ COPY',
  async store(client, rows) {
    for (const [logType, ofType] of tablesOf(rows)) {
      const { table, columns } = EXERCISE_TABLES[logType]
      const names = columns.map(([name]) => `"${name}"`).join(', ')
      const stream = client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN`))
      await pipeline(Readable.from([ofType.map(encodeTextRow).join('')]), stream)
    }
  },
}
