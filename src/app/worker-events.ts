import type { OutageTelemetry } from '../telemetry/outage-telemetry.js'
import type { RoleTelemetry, WorkerRole } from './roles.js'
import type { WorkerMessage } from './worker-process.js'

/** The names of all events of a telemetry. */
type Events<T> = Readonly<Record<keyof T, true>>

const outageEvents: Events<OutageTelemetry> = {
  redisOutage: true,
  redisRecovered: true,
  postgresOutage: true,
  postgresRecovered: true,
  loopFailed: true,
}

export const parserEvents: Events<RoleTelemetry['parser']> = {
  ...outageEvents,
  batchesRead: true,
  claimed: true,
  orphansRemoved: true,
  batchParsed: true,
  batchHandedOver: true,
  handOffLost: true,
  entrySetAside: true,
  poisonBatch: true,
}

export const indexerEvents: Events<RoleTelemetry['indexer']> = {
  ...outageEvents,
  batchesRead: true,
  claimed: true,
  orphansRemoved: true,
  transactionCommitted: true,
  acknowledged: true,
  duplicateBatch: true,
  staleBatch: true,
  entrySetAside: true,
  transactionRetried: true,
  silentCopiesEnded: true,
  transactionBisected: true,
  rowRefused: true,
  indexesLacking: true,
  indexesBuilt: true,
  indexBuildPostponed: true,
  indexBuildFailed: true,
  dayExpired: true,
  expiryPostponed: true,
  expiryFailed: true,
}

/** Called after every success: worth telling only after an outage. */
const recoveries = new Map([
  ['redisRecovered', 'redisOutage'],
  ['postgresRecovered', 'postgresOutage'],
])

/** A telemetry whose events are told to another process. */
export function tellEvents<T extends OutageTelemetry>(
  role: WorkerRole,
  events: Events<T>,
  post: (message: WorkerMessage) => void,
): T {
  const outages = new Set<string>()
  const entries = Object.keys(events).map((name) => {
    const outage = recoveries.get(name)
    return [
      name,
      (...event: unknown[]) => {
        if (outage !== undefined && !outages.delete(outage)) return
        if (name === 'redisOutage' || name === 'postgresOutage') outages.add(name)
        post({ kind: 'event', role, name, event })
      },
    ]
  })
  return Object.fromEntries(entries) as T
}
