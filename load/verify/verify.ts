import type { ClientBase } from 'pg'
import { generateRecords } from '../generate/generate-records.js'
import type { Oracle } from '../generate/oracle.js'
import { isDeadLetter, LOG_TYPES, type LogType } from '../generate/record.js'
import { type Batcher, createBatcher } from './batches.js'
import { compareDeadLetters, type WantedDeadLetter } from './compare-dead-letters.js'
import { compareRows, type WantedRow } from './compare-rows.js'
import { compareTotals } from './compare-totals.js'
import { Mismatches, type MismatchGroup } from './mismatches.js'
import { createSampler } from './sampling.js'
import { mapSources } from './sources.js'

export interface Verdict {
  readonly ok: boolean
  readonly lines: number
  /** Rows compared value by value, and dead letters compared byte by byte. */
  readonly compared: Readonly<Record<LogType | 'deadLetters', number>>
  readonly mismatches: readonly MismatchGroup[]
}

/**
 * A batch of rows is one scan of a table that has no index on line offsets: large batches, few scans.
 * Dead letters have the index, and their bytes come along: smaller ones.
 */
const ROW_BATCH = { items: 10_000, bytes: 16 << 20 }
const DEAD_LETTER_BATCH = { items: 1000, bytes: 4 << 20 }

/**
 * Compares the database with the oracle: all totals, all dead letters, all rows of hostile lines, and at least
 * `sampleRows` rows of each type. Everything is read in one snapshot, so that a running pipeline does not
 * change the answer half-way.
 */
export async function verify(client: ClientBase, oracle: Oracle, sampleRows: number): Promise<Verdict> {
  const mismatches = new Mismatches()
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const sources = await mapSources(client, oracle, mismatches)
    await compareTotals(client, oracle, sources, mismatches)

    const forType = <T>(create: (logType: LogType) => T): Record<LogType, T> => ({
      firewall: create('firewall'),
      dns: create('dns'),
      auth: create('auth'),
    })
    const samplers = forType((logType) => createSampler(oracle.rows[logType], sampleRows))
    const rows: Record<LogType, Batcher<WantedRow>> = forType((logType) =>
      createBatcher(ROW_BATCH, (wanted) => compareRows(client, logType, wanted, mismatches)),
    )
    const deadLetters = createBatcher<WantedDeadLetter>(DEAD_LETTER_BATCH, (wanted) =>
      compareDeadLetters(client, wanted, mismatches),
    )

    for (const record of generateRecords(oracle.options)) {
      const { expected, line, hostileKind } = record
      const sourceId = sources.sourceOf(record)
      if (isDeadLetter(expected)) {
        if (sourceId !== undefined) await deadLetters.add({ record, expected, sourceId }, line.length)
      } else {
        const sampled = samplers[expected.logType]()
        if (sourceId === undefined || !(sampled || hostileKind !== undefined)) continue
        await rows[expected.logType].add({ record, expected, sourceId }, line.length)
      }
    }
    for (const logType of LOG_TYPES) await rows[logType].flush()
    await deadLetters.flush()

    const compared = { ...forType((logType) => rows[logType].handed), deadLetters: deadLetters.handed }
    const groups = mismatches.groups
    return { ok: groups.length === 0, lines: oracle.totals.lines, compared, mismatches: groups }
  } finally {
    // Nothing was written. When the connection is what failed, there is nothing to end either.
    await client.query('ROLLBACK').catch(() => undefined)
  }
}
