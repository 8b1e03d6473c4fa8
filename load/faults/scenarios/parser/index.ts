import type { Scenario } from '../../scenario.js'
import { parserBlockedPastMinIdle } from './blocked-past-min-idle.js'
import { parserConsumerRemoved } from './consumer-removed.js'
import { parserKilledAfterRead } from './killed-after-read.js'
import { parserKilledBeforeHandOff } from './killed-before-hand-off.js'
import { parserPoisonBatch } from './poison-batch.js'
import { parserSlowBatch } from './slow-batch.js'
import { parserStoppedPastMinIdle } from './stopped-past-min-idle.js'

export const parserScenarios: readonly Scenario[] = [
  parserKilledAfterRead,
  parserConsumerRemoved,
  parserKilledBeforeHandOff,
  parserStoppedPastMinIdle,
  parserBlockedPastMinIdle,
  parserSlowBatch,
  parserPoisonBatch,
]
