import type { Scenario } from '../../scenario.js'
import { redisDiskFull } from './disk-full.js'
import { redisFailedOver } from './failed-over.js'
import { redisFileTruncated } from './file-truncated.js'
import { redisFlushed } from './flushed.js'
import { redisGroupsDestroyed } from './groups-destroyed.js'
import { redisKilled } from './killed.js'
import { redisMemoryFull } from './memory-full.js'
import { redisNetworkSilent } from './network-silent.js'
import { redisResetWhilePublishing } from './reset-while-publishing.js'
import { redisSlow } from './slow.js'

export const redisScenarios: readonly Scenario[] = [
  redisKilled,
  redisFlushed,
  redisMemoryFull,
  redisFailedOver,
  redisFileTruncated,
  redisDiskFull,
  redisSlow,
  redisNetworkSilent,
  redisResetWhilePublishing,
  redisGroupsDestroyed,
]
