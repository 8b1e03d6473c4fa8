import type pg from 'pg'
import { originOf, writeDeadLetter } from '../dead-letters/dead-letter-tuple.js'
import { type LogType, lineOffsetField } from '../log-types/log-type.js'
import { copyTuples } from '../postgres/copy.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { readTupleInt8, tupleOffsets, withoutTuples } from '../postgres/read-tuple.js'
import { classifyFailure, type PostgresFailure } from '../postgres/sqlstate.js'
import { visitLines } from '../streams/batch-body.js'
import type { Batch } from './commit.js'
import { withoutRows } from './commit-meta.js'

/** A row that Postgres does not take, and why. */
export interface RefusedRow {
  /** Place among the batch's rows, from 0. */
  readonly index: number
  readonly lineOffset: number
  readonly sqlstate: string
  readonly message: string
}

/** Of the server's message so much is kept; it may quote a value of any length. */
const maxMessageLength = 300

/**
 * Finds the rows of a batch that Postgres refuses, by halving: every try is a COPY that is taken back. Throws when a
 * try fails for another reason than its data. `onTry` is called before each.
 */
export async function findRefusedRows(
  pool: pg.Pool,
  type: LogType,
  rows: Buffer,
  onTry: () => void = () => {},
  copyColumns: readonly string[] = type.copyColumns,
): Promise<RefusedRow[]> {
  const offsets = tupleOffsets(rows)
  const refused: RefusedRow[] = []
  const client = await pool.connect()
  let failure: Error | undefined

  async function search(from: number, to: number): Promise<void> {
    onTry()
    const refusal = await tryCopy(client, type, copyColumns, rows.subarray(offsets[from], offsets[to]))
    if (refusal === undefined) return
    if (to - from === 1) {
      const lineOffset = readTupleInt8(rows, offsets[from]!, lineOffsetField)
      refused.push({ index: from, lineOffset, sqlstate: refusal.sqlstate, message: refusal.message })
      return
    }
    const middle = (from + to) >>> 1
    await search(from, middle)
    await search(middle, to)
  }

  try {
    await client.query('BEGIN')
    await search(0, offsets.length - 1)
    await client.query('ROLLBACK')
    return refused
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(failure)
  }
}

/** What Postgres says against the tuples; undefined when it takes them. Leaves the transaction as it was. */
async function tryCopy(
  client: pg.PoolClient,
  type: LogType,
  copyColumns: readonly string[],
  tuples: Buffer,
): Promise<PostgresFailure | undefined> {
  let refusal: PostgresFailure | undefined
  await client.query('SAVEPOINT try')
  try {
    await copyTuples(client, { schema: 'public', name: type.table }, copyColumns, [tuples])
  } catch (error) {
    refusal = classifyFailure(error)
    if (refusal.kind !== 'data') throw error
  }
  await client.query('ROLLBACK TO SAVEPOINT try')
  return refusal
}

/** A dead letter's detail. */
export function describeRefusal({ sqlstate, message }: RefusedRow): string {
  return `${sqlstate} ${message.replaceAll('\0', '').slice(0, maxMessageLength)}`
}

/** The batch with the refused rows turned into dead letters; `body` is the uncompressed batch body. */
export function setRowsAside(batch: Batch, refused: readonly RefusedRow[], body: Buffer): Batch {
  const { meta } = batch
  const byOffset = new Map(refused.map((row) => [row.lineOffset, row]))
  const writer = new CopyWriter()
  const origin = originOf(meta, meta.parserVersion)
  visitLines(body, (start, end, relativeOffset, fullBytes) => {
    const offset = meta.start + relativeOffset
    const row = byOffset.get(offset)
    if (row === undefined) return
    writeDeadLetter(
      writer,
      origin,
      { bytes: body, start, end, offset, fullBytes },
      'refused_by_postgres',
      describeRefusal(row),
    )
  })
  const refusedIndexes = new Set(refused.map((row) => row.index))
  const kept = withoutTuples(batch.rows, tupleOffsets(batch.rows), (index) => refusedIndexes.has(index))
  return {
    ...batch,
    meta: withoutRows(meta, refused.length, 'refused_by_postgres'),
    rows: kept.tuples,
    dead: Buffer.concat([batch.dead, writer.take()]),
  }
}
