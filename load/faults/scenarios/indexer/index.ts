import type { Scenario } from '../../scenario.js'
import { indexerAcknowledgedByHand } from './acknowledged-by-hand.js'
import { clocksApart } from './clocks-apart.js'
import { indexerCommitReplyLost } from './commit-reply-lost.js'
import { indexerKilledAfterCommit } from './killed-after-commit.js'
import { indexerKilledAfterRead } from './killed-after-read.js'
import { indexerKilledInTransaction } from './killed-in-transaction.js'
import { indexerKilledWhileAddingUp } from './killed-while-adding-up.js'
import { indexerKilledWithRedis } from './killed-with-redis.js'
import { indexersWithOverlappingBatches } from './overlapping-batches.js'
import { indexerSlowTransaction } from './slow-transaction.js'
import { indexerStoppedInCopy, indexerStoppedInTransaction } from './stopped-in-transaction.js'

export const indexerScenarios: readonly Scenario[] = [
  indexerSlowTransaction,
  indexerKilledAfterRead,
  indexerKilledInTransaction,
  indexerKilledWhileAddingUp,
  indexerKilledAfterCommit,
  indexerKilledWithRedis,
  indexerAcknowledgedByHand,
  indexerStoppedInTransaction,
  indexerStoppedInCopy,
  indexersWithOverlappingBatches,
  indexerCommitReplyLost,
  clocksApart,
]
