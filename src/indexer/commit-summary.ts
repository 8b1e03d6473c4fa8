import type { IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { BatchInHand } from './batch-in-hand.js'
import type { Commit } from './commit.js'

type Committed = Parameters<IndexerTelemetry['transactionCommitted']>[0]

export interface CommitSummary {
  /** undefined: nothing of it was new. */
  readonly committed: Omit<Committed, 'transactionSeconds' | 'copySeconds'> | undefined
  readonly duplicates: ReadonlyArray<{ logType: string; entryId: string }>
  readonly stale: ReadonlyArray<{ logType: string; entryId: string }>
}

/** What to tell of a commit of batches of one type. */
export function summarizeCommit(items: readonly BatchInHand[], commit: Commit, nowMs: number): CommitSummary {
  const { logType } = items[0]!.batch.meta
  const seen = new Set<string>()
  const duplicates: Array<{ logType: string; entryId: string }> = []
  const stale: Array<{ logType: string; entryId: string }> = []
  const deadLetters: Record<string, number> = {}
  const readToCommitSeconds: number[] = []
  let rows = 0
  let newestEventMs = Number.NEGATIVE_INFINITY
  for (const { delivery, opened, batch } of items) {
    // Duplicates that were set aside in the transaction are dead letters.
    const meta = commit.changed.get(batch.meta.hash) ?? batch.meta
    // The same batch twice in one transaction: it was written once.
    const outcome = seen.has(meta.hash) ? 'duplicate' : commit.outcomes.get(meta.hash)
    seen.add(meta.hash)
    if (outcome !== 'committed') {
      const event = { logType, entryId: delivery.id }
      if (outcome === 'stale') stale.push(event)
      else duplicates.push(event)
      continue
    }
    rows += meta.rows
    newestEventMs = Math.max(newestEventMs, meta.lastEventMs ?? Number.NEGATIVE_INFINITY)
    readToCommitSeconds.push(Math.max(0, nowMs - opened.meta.cutAtMs) / 1000)
    for (const [reason, lines] of Object.entries(meta.reasons)) {
      deadLetters[reason] = (deadLetters[reason] ?? 0) + lines
    }
  }
  const batches = readToCommitSeconds.length
  if (batches === 0) return { committed: undefined, duplicates, stale }
  return {
    committed: {
      logType,
      batches,
      rows,
      deadLetters,
      newestEventMs: Number.isFinite(newestEventMs) ? newestEventMs : undefined,
      readToCommitSeconds,
    },
    duplicates,
    stale,
  }
}
