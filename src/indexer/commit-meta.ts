import type { RowsMeta } from '../streams/envelope.js'
import type { DeadLetterReason } from '../telemetry/indexer-telemetry.js'

/** What of a batch's meta its commit needs; that of a batch which came through no stream is no more than this. */
export type CommitMeta = Pick<
  RowsMeta,
  | 'logType'
  | 'hash'
  | 'chunk'
  | 'sourceId'
  | 'start'
  | 'lines'
  | 'parserVersion'
  | 'rows'
  | 'deadLetters'
  | 'lineOffsetSum'
  | 'days'
  | 'firstEventMs'
  | 'lastEventMs'
  | 'reasons'
>

/** The meta once so many rows are dead letters for one reason. Its times may be of rows that are gone. */
export function withoutRows(meta: CommitMeta, lines: number, reason: DeadLetterReason): CommitMeta {
  return {
    ...meta,
    rows: meta.rows - lines,
    deadLetters: meta.deadLetters + lines,
    reasons: { ...meta.reasons, [reason]: (meta.reasons[reason] ?? 0) + lines },
  }
}
