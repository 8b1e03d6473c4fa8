import type { Progress } from '../http/progress.js'
import type { WatchLoop } from '../lifecycle/loop-signal.js'
import type { Settings } from '../settings/declaration.js'
import type { OutageTelemetry } from '../telemetry/outage-telemetry.js'
import type { Role } from './roles.js'

/** The loops of one role, as /healthz shows them: `reader sweep`, `indexer commit 2`. */
export interface RoleLoops {
  readonly watch: WatchLoop
  /** The same telemetry; an outage that it is told of is one that all the role's loops wait for. */
  noticeOutages<T extends OutageTelemetry>(telemetry: T): T
}

/** Silence of a loop that is no longer plausible work: a turn is a handful of statements, each within its bound. */
function decideAllowedSilenceMs({ postgres }: Settings): number {
  return Math.max(120_000, 5 * postgres.statementTimeoutMs)
}

/**
 * Which loop has met an outage is not told, and does not matter: a restart would help none of them. One that hangs
 * meanwhile shows when the outage is over.
 */
export function createRoleLoops(role: Role, settings: Settings, progress: Progress): RoleLoops {
  const allowedMs = decideAllowedSilenceMs(settings)
  const names = new Set<string>()
  const waiting = (service: string) => {
    for (const name of names) progress.waiting(name, service)
  }
  return {
    watch(loop) {
      const name = `${role} ${loop}`
      names.add(name)
      progress.register(name, allowedMs)
      return {
        begin: () => progress.begin(name),
        beat: () => progress.beat(name),
        rest: () => progress.rest(name),
        waiting: (waitingFor) => progress.waiting(name, waitingFor),
        end() {
          names.delete(name)
          progress.remove(name)
        },
      }
    },
    noticeOutages: (telemetry) => ({
      ...telemetry,
      redisOutage(event: Parameters<typeof telemetry.redisOutage>[0]) {
        waiting('Redis')
        telemetry.redisOutage(event)
      },
      postgresOutage(event: Parameters<typeof telemetry.postgresOutage>[0]) {
        waiting('PostgreSQL')
        telemetry.postgresOutage(event)
      },
    }),
  }
}
