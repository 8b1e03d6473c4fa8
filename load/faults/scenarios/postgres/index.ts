import type { Scenario } from '../../scenario.js'
import { postgresConnectionsExhausted } from './connections-exhausted.js'
import { postgresDeadlocked } from './deadlocked.js'
import { postgresDiskFull } from './disk-full.js'
import { postgresDownForLong } from './down-for-long.js'
import { postgresNetworkSilent } from './network-silent.js'
import { postgresNotSerializable } from './not-serializable.js'
import { postgresSetBack } from './set-back.js'
import { postgresStatementTimedOut } from './statement-timed-out.js'
import { postgresStoppedAtOnce } from './stopped-at-once.js'

export const postgresScenarios: readonly Scenario[] = [
  postgresStoppedAtOnce,
  postgresSetBack,
  postgresConnectionsExhausted,
  postgresDeadlocked,
  postgresNotSerializable,
  postgresDiskFull,
  postgresStatementTimedOut,
  postgresNetworkSilent,
  postgresDownForLong,
]
