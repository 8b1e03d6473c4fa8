import { identifyBatch } from '../streams/trace-context.js'
import type { BatchIdentity } from '../telemetry/batch-identity.js'
import type { CommittedBatch, IndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { BatchInHand } from './batch-in-hand.js'
import type { Commit } from './commit.js'

type Committed = Parameters<IndexerTelemetry['transactionCommitted']>[0]

export interface CommitSummary {
  /** undefined: nothing of it was new. */
  readonly committed: Omit<Committed, 'transactionSeconds' | 'copySeconds'> | undefined
  readonly duplicates: readonly DroppedBatch[]
  readonly stale: readonly DroppedBatch[]
}

type DroppedBatch = BatchIdentity & { readonly entryId: string }

/** What to tell of a commit of batches of one type. */
export function summarizeCommit(items: readonly BatchInHand[], commit: Commit, nowMs: number): CommitSummary {
  const { logType } = items[0]!.batch.meta
  const seen = new Set<string>()
  const duplicates: DroppedBatch[] = []
  const stale: DroppedBatch[] = []
  const deadLetters: Record<string, number> = {}
  const committed: CommittedBatch[] = []
  let rows = 0
  let newestEventMs = Number.NEGATIVE_INFINITY
  for (const { delivery, opened, batch } of items) {
    // Duplicates that were set aside in the transaction are dead letters.
    const meta = commit.changed.get(batch.meta.hash) ?? batch.meta
    // The same batch twice in one transaction: it was written once.
    const outcome = seen.has(meta.hash) ? 'duplicate' : commit.outcomes.get(meta.hash)
    seen.add(meta.hash)
    if (outcome !== 'committed') {
      const event = { ...identifyBatch(opened.meta), entryId: delivery.id }
      if (outcome === 'stale') stale.push(event)
      else duplicates.push(event)
      continue
    }
    rows += meta.rows
    newestEventMs = Math.max(newestEventMs, meta.lastEventMs ?? Number.NEGATIVE_INFINITY)
    committed.push({
      ...identifyBatch(opened.meta),
      rows: meta.rows,
      deadLetters: meta.deadLetters,
      readToCommitSeconds: Math.max(0, nowMs - opened.meta.cutAtMs) / 1000,
    })
    for (const [reason, lines] of Object.entries(meta.reasons)) {
      deadLetters[reason] = (deadLetters[reason] ?? 0) + lines
    }
  }
  if (committed.length === 0) return { committed: undefined, duplicates, stale }
  return {
    committed: {
      logType,
      committed,
      rows,
      deadLetters,
      newestEventMs: Number.isFinite(newestEventMs) ? newestEventMs : undefined,
      rollupRows: commit.rollupRows,
    },
    duplicates,
    stale,
  }
}
