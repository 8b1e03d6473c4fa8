import type pg from 'pg'
import { writeDeadLetter } from '../dead-letters/dead-letter-tuple.js'
import type { LogType } from '../log-types/log-type.js'
import { copyTuples } from '../postgres/copy.js'
import { CopyWriter, readTupleInt8, tupleOffsets } from '../postgres/copy-writer.js'
import { inTransaction } from '../postgres/pool.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { visitLines } from '../streams/batch-body.js'
import type { Batch } from './commit.js'

/** A row that Postgres does not take, and why. */
export interface RefusedRow {
  /** Place among the batch's rows, from 0. */
  readonly index: number
  readonly lineOffset: number
  readonly sqlstate: string
  readonly message: string
}

/** Place of line_offset in every type's tuples (LogType.copyColumns). */
const lineOffsetField = 1
/** Of the server's message so much is kept; it may quote a value of any length. */
const maxMessageLength = 300

class RollbackError extends Error {}

/**
 * Finds the rows of a batch that Postgres refuses, by halving: every try is a COPY that is rolled back. Throws when a
 * try fails for another reason than its data.
 */
export async function findRefusedRows(pool: pg.Pool, type: LogType, rows: Buffer): Promise<RefusedRow[]> {
  const offsets = tupleOffsets(rows)
  const refused: RefusedRow[] = []

  async function search(from: number, to: number): Promise<void> {
    const failure = await tryCopy(pool, type, rows.subarray(offsets[from], offsets[to]))
    if (failure === undefined) return
    if (to - from === 1) {
      const lineOffset = readTupleInt8(rows, offsets[from]!, lineOffsetField)
      refused.push({ index: from, lineOffset, sqlstate: failure.sqlstate, message: failure.message })
      return
    }
    const middle = (from + to) >>> 1
    await search(from, middle)
    await search(middle, to)
  }

  await search(0, offsets.length - 1)
  return refused
}

async function tryCopy(
  pool: pg.Pool,
  type: LogType,
  tuples: Buffer,
): Promise<{ sqlstate: string; message: string } | undefined> {
  try {
    await inTransaction(pool, async (client) => {
      await copyTuples(client, { schema: 'public', name: type.table }, type.copyColumns, [tuples])
      throw new RollbackError()
    })
  } catch (error) {
    if (error instanceof RollbackError) return undefined
    const failure = classifyFailure(error)
    if (failure.kind !== 'data') throw error
    return failure
  }
  return undefined
}

/** The batch with the refused rows turned into dead letters; `body` is the uncompressed batch body. */
export function setRowsAside(batch: Batch, refused: readonly RefusedRow[], body: Buffer): Batch {
  const { meta } = batch
  const byOffset = new Map(refused.map((row) => [row.lineOffset, row]))
  const writer = new CopyWriter()
  const origin = {
    logType: meta.logType,
    sourceId: meta.sourceId,
    parserVersion: meta.parserVersion,
    batchHash: Buffer.from(meta.hash, 'hex'),
  }
  visitLines(body, (start, end, relativeOffset, fullBytes) => {
    const offset = meta.start + relativeOffset
    const row = byOffset.get(offset)
    if (row === undefined) return
    const detail = `${row.sqlstate} ${row.message.replaceAll('\0', '').slice(0, maxMessageLength)}`
    writeDeadLetter(
      writer,
      origin,
      { bytes: body, start, end, offset, fullBytes },
      'refused_by_postgres',
      detail,
    )
  })
  const refusedIndexes = new Set(refused.map((row) => row.index))
  const offsets = tupleOffsets(batch.rows)
  const kept: Buffer[] = []
  for (let index = 0; index < offsets.length - 1; index++) {
    if (!refusedIndexes.has(index)) kept.push(batch.rows.subarray(offsets[index], offsets[index + 1]))
  }
  return {
    meta: {
      ...meta,
      rows: meta.rows - refused.length,
      deadLetters: meta.deadLetters + refused.length,
      reasons: {
        ...meta.reasons,
        refused_by_postgres: (meta.reasons.refused_by_postgres ?? 0) + refused.length,
      },
    },
    rows: Buffer.concat(kept),
    dead: Buffer.concat([batch.dead, writer.take()]),
  }
}
