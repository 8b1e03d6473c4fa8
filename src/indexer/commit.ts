import type pg from 'pg'
import { deadLetterColumns, deadLettersTable } from '../dead-letters/dead-letter-tuple.js'
import { insertBatches, type LedgerBatch, selectCommitted, updateCounts } from '../ledger/batches.js'
import { sum } from '../ledger/sum.js'
import { failpoint } from '../lifecycle/failpoints.js'
import type { LogType } from '../log-types/log-type.js'
import { copyExactly } from '../postgres/copy.js'
import { inTransaction } from '../postgres/pool.js'
import { copyCounted } from '../rollups/copy-counted.js'
import type { CommitMeta } from './commit-meta.js'
import type { LineHashes } from './line-hashes.js'
import { type HashedBatch, setDuplicatesAside } from './record-dedup.js'

/** A batch as it is to be committed. Invariant: meta.lines = meta.rows + meta.deadLetters. */
export interface Batch {
  readonly meta: CommitMeta
  /** Binary COPY tuples: meta.rows of them for the type's table. */
  readonly rows: Buffer
  /** Binary COPY tuples: meta.deadLetters of them. */
  readonly dead: Buffer
  /** What the tuples of the rows are made of; left out: LogType.copyColumns. */
  readonly copyColumns?: readonly string[] | undefined
  /** Of a type with `dedup: record`: of its lines. */
  readonly lineHashes?: LineHashes | undefined
}

export type BatchOutcome =
  | 'committed'
  /** The ledger had it: somebody committed it before. */
  | 'duplicate'
  /** The ledger does not have its chunk as it was recorded then: the database was set back, or the chunk cut anew. */
  | 'stale'

export interface Commit {
  /** By batch hash. */
  readonly outcomes: ReadonlyMap<string, BatchOutcome>
  /** By batch hash, what was written of a batch where it is not what was asked for: duplicates were set aside. */
  readonly changed: ReadonlyMap<string, CommitMeta>
  readonly copySeconds: number
  /** Rows that the rollups took for it. */
  readonly rollupRows: number
}

/**
 * Writes batches of one type in one transaction: the ledger first, then the rows of those batches that were new to it
 * and their counts in the rollups, then their dead letters. Rows that another source brought before are dead letters by
 * then, where the type asks for that. Whatever comes of it comes whole. Throws what Postgres says; then nothing is
 * written.
 */
export async function commitBatches(
  pool: pg.Pool,
  type: LogType | undefined,
  batches: readonly Batch[],
): Promise<Commit> {
  // The same batch can be delivered twice within a group: published again while the first was still on its way.
  const byHash = new Map(batches.map((batch) => [batch.meta.hash, batch]))
  return inTransaction(pool, async (client) => {
    const inserted = await insertBatches(
      client,
      [...byHash.values()].map(({ meta }) => toLedgerBatch(meta)),
    )
    const parsed = [...byHash.values()].filter(({ meta }) => inserted.has(meta.hash))
    const fresh =
      type?.dedup === 'record' ? await setDuplicatesAside(client, type, parsed.map(hashed)) : parsed
    const changed = fresh.filter((batch, index) => batch.meta !== parsed[index]!.meta)
    if (changed.length > 0) {
      await updateCounts(
        client,
        changed.map(({ meta }) => toLedgerBatch(meta)),
      )
    }
    const began = performance.now()
    const rows = sum(fresh, ({ meta }) => meta.rows)
    let rollupRows = 0
    if (rows > 0) {
      if (type === undefined) throw new TypeError('rows of a batch without a log type')
      for (const [columns, alike] of byColumns(fresh, type)) {
        const tuples = alike.map((batch) => batch.rows)
        const expected = sum(alike, ({ meta }) => meta.rows)
        if (expected > 0) rollupRows += await copyCounted(client, type.table, columns, tuples, expected)
      }
    }
    const dead = sum(fresh, ({ meta }) => meta.deadLetters)
    if (dead > 0) {
      await copyExactly(
        client,
        deadLettersTable,
        deadLetterColumns,
        fresh.map((batch) => batch.dead),
        dead,
      )
    }
    const copySeconds = (performance.now() - began) / 1000
    failpoint('indexer.rows-copied', type?.name)

    const outcomes = new Map<string, BatchOutcome>(fresh.map(({ meta }) => [meta.hash, 'committed']))
    const rest = [...byHash.keys()].filter((hash) => !inserted.has(hash))
    if (rest.length > 0) {
      const known = await selectCommitted(client, rest)
      for (const hash of rest) outcomes.set(hash, known.has(hash) ? 'duplicate' : 'stale')
    }
    const changedMetas = new Map(changed.map(({ meta }) => [meta.hash, meta]))
    return { outcomes, changed: changedMetas, copySeconds, rollupRows }
  })
}

/** Parsers of several versions can be at work: the tuples of each have their own columns. */
function byColumns(batches: readonly Batch[], type: LogType): Map<readonly string[], Batch[]> {
  const groups = new Map<string, [readonly string[], Batch[]]>()
  for (const batch of batches) {
    const columns = batch.copyColumns ?? type.copyColumns
    const group = groups.get(columns.join())
    if (group === undefined) groups.set(columns.join(), [columns, [batch]])
    else group[1].push(batch)
  }
  return new Map(groups.values())
}

function hashed(batch: Batch): HashedBatch {
  const { lineHashes } = batch
  if (lineHashes === undefined) throw new TypeError('a batch of a type with dedup came without its hashes')
  return { ...batch, lineHashes }
}

function toLedgerBatch(meta: CommitMeta): LedgerBatch {
  return {
    hash: meta.hash,
    chunkId: meta.chunk,
    sourceId: meta.sourceId,
    logType: meta.logType,
    parserVersion: meta.parserVersion,
    lines: meta.lines,
    rows: meta.rows,
    deadLetters: meta.deadLetters,
    lineOffsetSum: meta.lineOffsetSum,
    firstEventMs: meta.firstEventMs,
    lastEventMs: meta.lastEventMs,
  }
}
