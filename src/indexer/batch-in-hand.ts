import type { Delivery } from '../streams/consumer-group.js'
import type { OpenedRows } from '../streams/rows-entry.js'
import type { Batch } from './commit.js'

/** A delivered batch that waits for its turn, verified and still compressed. */
export interface QueuedBatch {
  readonly logType: string
  /** Of the tuples, uncompressed. */
  readonly bytes: number
  readonly delivery: Delivery
  readonly opened: OpenedRows
  /** Of its rows; undefined: as this indexer's declaration has them. */
  readonly copyColumns: readonly string[] | undefined
}

/** A batch in hand: what to write, and what to acknowledge when it is written. */
export interface BatchInHand {
  readonly delivery: Delivery
  readonly opened: OpenedRows
  readonly batch: Batch
}
